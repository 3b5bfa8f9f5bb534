"""What R3MES needs from the operating system: which libraries and programs are missing, and how they get there."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from r3mes_installer.cancellation import Cancellation
from r3mes_installer.failure import Failure, FailureCode
from r3mes_installer.pip_runner import ForeignPip, find_pip, has_pip
from r3mes_installer.progress import Reporter

QT_FILES = (
    "PySide6/Qt/plugins/platforms/libqxcb.so",
    "PySide6/QtWidgets.abi3.so",
    "PySide6/QtNetwork.abi3.so",
    "PySide6/QtDBus.abi3.so",
)
"""Between them they need every system library of a window. Qt's own message names only one, often the wrong one."""

DEBIAN_PACKAGE_OF_LIBRARY = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libOpenGL.so.0": "libopengl0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libbrotlicommon.so.1": "libbrotli1",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libstdc++.so.6": "libstdc++6",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
LDD_TIMEOUT_S = 30
APT_LOCK_S = 120
"""Another package manager may be at work, as right after a computer starts."""
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")

_NOT_FOUND = re.compile(r"^\s*(\S+) => not found", re.M)


@dataclass(frozen=True, slots=True)
class System:
    """This Linux system, as far as it matters here."""

    debian: bool
    root: bool

    @property
    def installs_packages(self) -> bool:
        return self.debian and self.root


def this_system(os_release: Path = Path("/etc/os-release")) -> System:
    try:
        text = os_release.read_text(encoding="utf-8")
    except OSError:
        text = ""
    names = " ".join(re.findall(r"^ID(?:_LIKE)?=\"?([^\"\n]*)", text, re.M)).split()
    debian = ("debian" in names or "ubuntu" in names) and shutil.which("apt-get") is not None
    return System(debian, hasattr(os, "geteuid") and os.geteuid() == 0)


def unresolved(ldd_output: str) -> list[str]:
    """The libraries that `ldd` did not find, each once."""
    return list(dict.fromkeys(_NOT_FOUND.findall(ldd_output)))


def missing_qt_libraries(site_packages: Path) -> list[str]:
    """What the installed Qt needs and this system lacks. Empty also where there is no `ldd` to ask."""
    files = [str(site_packages / name) for name in QT_FILES if (site_packages / name).exists()]
    if not files or shutil.which("ldd") is None:
        return []
    result = subprocess.run(
        ["ldd", *files],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=LDD_TIMEOUT_S,
        check=False,
    )
    return unresolved(result.stdout)


def packages_for(libraries: Sequence[str]) -> list[str]:
    """Debian's packages for these libraries, as far as they are known; the others mostly come along with them."""
    known = [DEBIAN_PACKAGE_OF_LIBRARY[library] for library in libraries if library in DEBIAN_PACKAGE_OF_LIBRARY]
    return list(dict.fromkeys(known))


def missing_test_tools(which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """Debian's packages of the programs and fonts that some tests need and this system lacks."""
    packages: list[str] = []
    if which("Xvfb") is None:
        packages.append("xvfb")
    if which("xauth") is None:
        packages.append("xauth")
    if which("cc") is None:
        packages += ["gcc", "libc6-dev"]
    if which("redis-server") is None:
        packages.append("redis-server")
    # Debian keeps Postgres' programs out of the path.
    if which("postgres") is None and not any(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        packages.append("postgresql")
    # As a normal user one has no folders of administrators in the path.
    if which("nginx") is None and which("/usr/sbin/nginx") is None:
        packages.append("nginx-light")
    if which("openssl") is None:
        packages.append("openssl")
    if which("gnome-keyring-daemon") is None:
        packages.append("gnome-keyring")
    if which("dbus-run-session") is None:
        packages.append("dbus-daemon")
    if which("secret-tool") is None:
        packages.append("libsecret-tools")
    if not any(which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        packages.append("chromium")
    if not any(True for folder in FONT_FOLDERS for _ in Path(folder).rglob("*.[to]tf")):
        # For what the bundled font lacks; without any font at all Qt complains.
        packages.append("fonts-dejavu-core")
    return packages


def find_or_install_pip(
    system: System,
    log: Path,
    reporter: Reporter,
    cancellation: Cancellation,
    available: Callable[[], bool] = has_pip,
    install: Callable[[Sequence[str], Path, Reporter, Cancellation], None] | None = None,
) -> ForeignPip:
    """A pip for new environments. Debian splits it off its Python; as root the package is installed. Raises Failure."""
    if not available() and system.installs_packages and sys.executable.startswith("/usr/bin/"):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        (install or apt_install)([package], log, reporter, cancellation)
        importlib.invalidate_caches()
    return find_pip()


def apt_install(packages: Sequence[str], log: Path, reporter: Reporter, cancellation: Cancellation) -> None:
    """Installs Debian's packages, as root. What apt prints is added to `log`. Raises Failure."""
    reporter.say(f"Installing the system packages {' '.join(packages)}.")
    install = ["install", "-y", "--no-install-recommends", *packages]
    lists = Path("/var/lib/apt/lists")
    fresh = lists.is_dir() and any(lists.glob("*_Packages*"))
    log.parent.mkdir(parents=True, exist_ok=True)
    if fresh and _apt(install, log, cancellation):
        return
    # No lists at all, as in a new container, or lists so old that their files are gone from the mirror.
    _apt(["update"], log, cancellation)
    if not _apt(install, log, cancellation):
        raise Failure(
            FailureCode.MISSING_LIBRARIES,
            f"apt-get could not install {' '.join(packages)}.",
            f"What it printed is in {log}. Install them by hand and run the same command again.",
        )


def _apt(arguments: Sequence[str], log: Path, cancellation: Cancellation) -> bool:
    cancellation.check()
    command = ["apt-get", "-q", "-o", f"DPkg::Lock::Timeout={APT_LOCK_S}", *arguments]
    with log.open("a", encoding="utf-8") as record:
        record.write(f"$ {' '.join(command)}\n")
        record.flush()
        # It is never killed: a half-done dpkg is worse than a wait. Ctrl-C reaches it too, and it knows what to do.
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=record,
            stderr=subprocess.STDOUT,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
        )
    cancellation.check()
    return result.returncode == 0
