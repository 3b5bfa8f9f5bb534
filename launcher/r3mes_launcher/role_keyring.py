"""Looks whether the system has a keyring, in a process of its own: the libraries for that take twelve megabytes.

Writes the name of a `KeyringState`. Who needs the keyring for a wallet asks it in the launcher itself.
"""

from __future__ import annotations

import asyncio
import sys

from r3mes_launcher.wallet.os_keyring import SystemKeyring


def main() -> int:
    sys.stdout.write(asyncio.run(SystemKeyring().look()).value)
    return 0


if __name__ == "__main__":
    sys.exit(main())
