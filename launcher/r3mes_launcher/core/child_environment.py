"""The environment of a child: what the system needs, and nothing of the launcher's own bundle or secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping

# A frozen launcher points these at its own libraries; a child Python then loads the wrong libcrypto. The bundle's
# start code keeps the person's own value under the name with `_ORIG`.
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "LIBPATH")
_KEPT_SUFFIX = "_ORIG"

_FOREIGN = re.compile(
    r"^(PYTHON|_PYI_|_MEIPASS|PYINSTALLER_|VIRTUAL_ENV|CONDA|_CONDA|UV_|QT_|QML|DYLD_|R3MES_|PYTEST|COVERAGE)",
    re.IGNORECASE,
)
_PIP = re.compile(r"^PIP_", re.IGNORECASE)
_SECRET = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|MNEMONIC|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SSH_AUTH_SOCK|_PAT$",
    re.IGNORECASE,
)

# Python writes what it says at once and in UTF-8, whatever the system's locale.
_PYTHON_CHILD = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"}


def child_environment(
    inherited: Mapping[str, str], additions: Mapping[str, str] | None = None, *, keep_pip: bool = False
) -> dict[str, str]:
    """The launcher's environment without what misleads or betrays, plus `additions`.

    `keep_pip` leaves pip's own settings (index, mirrors, constraints) to the child that installs packages, also
    where a name such as PIP_INDEX_URL may hold a password: that child needs it and no other gets it.
    """
    kept: dict[str, str] = {}
    for name, value in inherited.items():
        if name in _LIBRARY_PATHS or name.removesuffix(_KEPT_SUFFIX) in _LIBRARY_PATHS:
            continue
        if _PIP.match(name):
            if keep_pip:
                kept[name] = value
            continue
        if _FOREIGN.match(name) or _SECRET.search(name):
            continue
        kept[name] = value
    for name in _LIBRARY_PATHS:
        original = inherited.get(name + _KEPT_SUFFIX)
        if original:
            kept[name] = original
    return {**kept, **_PYTHON_CHILD, **(additions or {})}
