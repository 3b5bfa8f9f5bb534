"""The frozen launcher re-run as the gateway: the one entry that imports it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from r3mes_api.__main__ import main as api_main


def main(argv: Sequence[str] | None = None) -> int:
    return api_main(argv)


if __name__ == "__main__":
    sys.exit(main())
