"""`python3 installer COMMAND`: sets R3MES up and starts it. Needs Python 3.11 or newer and nothing else.

This file alone must also parse on old Pythons (2.7 included), so that they end with a sentence.
"""

import os
import sys

OLDEST = (3, 11)
TOO_NEW = (3, 15)


def refuse_python(version, executable):
    """The sentence for a Python that can't run this, or None."""
    if OLDEST <= tuple(version[:2]) < TOO_NEW:
        return None
    found = "Python %d.%d" % (version[0], version[1])
    if tuple(version[:2]) < OLDEST:
        reason = "%s (%s) is too old: R3MES needs Python 3.11, 3.12, 3.13 or 3.14." % (found, executable)
    else:
        reason = "%s (%s) is newer than R3MES knows: it needs Python 3.11, 3.12, 3.13 or 3.14." % (found, executable)
    names = ["python3.%d" % minor for minor in range(TOO_NEW[1] - 1, OLDEST[1] - 1, -1)]
    folders = os.environ.get("PATH", "").split(os.pathsep)
    for name in names:
        for folder in folders:
            if os.access(os.path.join(folder, name), os.X_OK):
                return reason + "\nThis computer has a suitable one: run  %s %s" % (name, " ".join(sys.argv))
    return reason + "\nInstall a newer Python (on Debian and Ubuntu: apt install python3) and try again."


if __name__ == "__main__":
    refusal = refuse_python(sys.version_info, sys.executable)
    if refusal:
        sys.stderr.write(refusal + "\n")
        sys.exit(3)
    from r3mes_installer.command_line import main

    sys.exit(main(sys.argv[1:]))
