"""Makes the pictures of docs/tutorial.md: a first start, and the tour of the real demo, clicked through.

    python docs/screenshots/tutorial.py        # under Xvfb when there is no display; takes half a minute

Nothing is staged here: gateway and engine are the demo's own processes, so the times in the pictures are those of now.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import make

FOLDER = make.FOLDER.parent / "tutorial"
PATIENCE_S = 60.0
LIVELY_S = 8.0
"""Until something has been seen of the recorded day."""
QUESTION = "What does a node of this network do?"
# The step of the tour, the picture's name, and what is done on the page before.
PICTURES = ("home", "timeline", "gpus", "earnings", "requests", "chat", "wallet", "", "", "doctor", "settings")


def main() -> int:
    os.environ["QT_SCALE_FACTOR"] = "1"
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        if shutil.which("xvfb-run") is None:
            print("There is no display and no Xvfb. Install the packages xvfb and xauth, then run this again.")
            return 1
        return subprocess.call(["xvfb-run", "-a", "-s", "-screen 0 1600x1200x24", sys.executable, __file__])
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        return take(Path(home))


def take(home: Path) -> int:
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from r3mes_launcher.app import App
    from r3mes_launcher.composition import CompositionOptions, compose
    from r3mes_launcher.core.shipped_assets import assets_folder
    from r3mes_launcher.core.state import Actual
    from r3mes_launcher.ui.language import Language, Speech
    from r3mes_launcher.ui.preferences import PreferenceFile
    from r3mes_launcher.ui.theme import Scheme, Theme

    application = QApplication(sys.argv[:1])
    theme = Theme(application, assets_folder(), Scheme.LIGHT)
    speech = Speech(application, assets_folder(), Language.ENGLISH)

    def compose_one(demo: bool) -> Any:
        return compose(CompositionOptions(demo=demo, serve=demo, home=home))

    app = App(application, theme, compose_one, PreferenceFile(home / "window.json"), speech=speech, first_run=True)
    window = app.window

    def wait(seconds: float) -> None:
        make.wait(QEventLoop, QTimer, round(seconds * 1000))

    def until(condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"{what} did not come within {PATIENCE_S:.0f} s")
            wait(0.1)

    def save(name: str) -> None:
        target = FOLDER / f"{name}.png"
        make.small(make.wallet_stage.with_sheet(window).toImage()).save(str(target))
        print(target, flush=True)

    app.start()
    until(lambda: window.first_run is not None, "the first start's screens")
    wait(1)
    save("first-start")
    window.first_run.demo.click()
    until(lambda: window.tour is not None, "the demo")
    until(lambda: window.content.state.node.actual is Actual.SERVING, "a serving node")
    wait(LIVELY_S)
    for name in PICTURES:
        if name == "gpus":
            window.pages.gpus.span.setCurrentIndex(1)
            wait(2)
        if name == "chat":
            until(lambda: window.content.state.models, "a model to ask")
            window.pages.chat.ask(QUESTION)
            until(lambda: len(window.pages.chat.conversation.messages) == 2, "an answer")
            until(lambda: not window.pages.chat.conversation.answering, "the end of the answer")
        if name == "doctor":
            until(lambda: window.content.state.doctor.report is not None, "the doctor's report")
        wait(1)
        if name:
            save(name)
        window.tour.next.click()
    app.finished.connect(application.quit)
    app.quit()
    application.exec()
    return 0


if __name__ == "__main__":
    sys.exit(main())
