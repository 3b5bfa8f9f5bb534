"""`r3mes-launcher`: the window. Imports Qt when it is called and the core's libraries after the first paint."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="r3mes-launcher", description="Turns this computer into a node of the R3MES network."
    )
    parser.add_argument("--demo", action="store_true", help="open the offline demo")
    parser.add_argument(
        "--serve",
        action="store_true",
        help="switch Serving on at once with the embedded model; without a usable GPU it uses the CPU and says so",
    )
    parser.add_argument(
        "--bundle", type=Path, metavar="FILE", help="play a diagnostics bundle (a zip) in the demo; implies --demo"
    )
    parser.add_argument("--gateway", default="", metavar="URL", help="a gateway for this run instead of the chosen one")
    parser.add_argument(
        "--tray", action="store_true", help="begin in the tray, where there is one: for what starts with the session"
    )
    parser.add_argument("--home", default="", metavar="DIR", help="the data folder, instead of R3MES_HOME")
    options = parser.parse_args(arguments)
    if options.bundle is not None:
        options.demo = True
    return options


USAGE_CODE = 2


def bundle_problem(path: Path) -> str:
    """Why there is nothing to play at `path`, as a sentence; empty where there is a file."""
    if path.is_file():
        return ""
    what = "is a folder" if path.is_dir() else "does not exist"
    return (
        f"r3mes-launcher: --bundle: {path} {what}. Name a diagnostics bundle: the zip file that “Save” on the page "
        "Doctor, or `r3mes bundle`, writes."
    )


NO_DISPLAY = (
    "R3MES can't open its window: there is no display here (DISPLAY and WAYLAND_DISPLAY are not set). "
    "Start it on a desktop, or use the same launcher in the terminal: r3mes run"
)
# "A service is unavailable" of sysexits.h; the window's own codes are 0 and 1.
NO_DISPLAY_CODE = 69


def lacks_display(platform: str, environ: Mapping[str, str]) -> bool:
    """Without a display Qt would end the process with a message about plug-ins."""
    return platform.startswith("linux") and not any(
        environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    )


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    problem = "" if options.bundle is None else bundle_problem(options.bundle.expanduser())
    if problem:
        print(problem, file=sys.stderr)
        return USAGE_CODE
    if options.home:
        # The core and every child find it there.
        os.environ["R3MES_HOME"] = options.home
    if lacks_display(sys.platform, os.environ):
        print(NO_DISPLAY, file=sys.stderr)
        return NO_DISPLAY_CODE
    # Qt reads the platform when it is imported; before that there is nothing to show an error in.
    from PySide6.QtCore import QCoreApplication, Qt
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    from r3mes_launcher.app import App
    from r3mes_launcher.core.data_folder import DataFolder, data_home
    from r3mes_launcher.core.interface import Core
    from r3mes_launcher.core.shipped_assets import assets_folder
    from r3mes_launcher.ui.language import Speech
    from r3mes_launcher.ui.preferences import PreferenceFile
    from r3mes_launcher.ui.signal_watcher import SignalWatcher
    from r3mes_launcher.ui.single_instance import SingleInstance, instance_name
    from r3mes_launcher.ui.theme import Theme

    home = data_home(os.environ).expanduser().absolute()
    # The first demo of this run plays the bundle; one that is opened later is the usual one.
    bundles = [] if options.bundle is None else [options.bundle.expanduser().absolute()]

    def compose(demo: bool) -> Core:
        # httpx loads the libraries of its own command line where it finds them: two megabytes that nobody uses here.
        sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
        # On the core's thread: its imports take longer than the window itself.
        from r3mes_launcher.composition import CompositionOptions
        from r3mes_launcher.composition import compose as compose_core

        return compose_core(
            CompositionOptions(
                demo=demo,
                # The demo shows a node at work.
                serve=options.serve or demo,
                bundle=bundles.pop() if demo and bundles else None,
                gateway_url="" if demo else options.gateway,
            )
        )

    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    QCoreApplication.setApplicationName("R3MES")
    QGuiApplication.setDesktopFileName("r3mes-launcher")
    application = QApplication(sys.argv[:1])
    instance = SingleInstance(instance_name(home))
    if not instance.claim():
        print("R3MES is already open; its window comes to the front.")
        if options.bundle is not None:
            print("Close it first to play a diagnostics bundle.")
        return 0
    theme = Theme(application, assets_folder())
    speech = Speech(application, assets_folder())
    preferences = PreferenceFile(_preferences(DataFolder.under(home, False).root))
    app = App(application, theme, compose, preferences, options.demo, speech, first_run=not options.serve)
    instance.raised.connect(app.raise_window)
    signals = SignalWatcher()
    signals.arrived.connect(app.quit)
    app.finished.connect(application.quit)

    def show_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        # An error in a slot would be printed where nobody looks; the window goes on without that one step.
        sys.__excepthook__(kind, error, trace)
        app.show_error(error)

    sys.excepthook = show_error
    app.start(in_tray=options.tray)
    code = application.exec()
    sys.excepthook = sys.__excepthook__
    signals.release()
    instance.release()
    return code


def _preferences(folder: Path) -> Path:
    return folder / "window.json"


if __name__ == "__main__":
    sys.exit(main())
