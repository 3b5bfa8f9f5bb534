"""`python -m r3mes_launcher.wallet`: the wallet's commands alone."""

from __future__ import annotations

import sys

from r3mes_launcher.wallet.cli import main

if __name__ == "__main__":
    sys.exit(main())
