"""The command `r3mes-engine`."""

from __future__ import annotations

import os
import sys

from r3mes_engine.cli import main as run


def main() -> None:
    code = run()
    sys.stdout.flush()
    sys.stderr.flush()
    # Worker threads of a model may sit in native code; waiting for them here could keep the process for ever.
    os._exit(code)


if __name__ == "__main__":
    main()
