"""Brings the translations up to date with the source: lupdate for the .ts files, lrelease for the .qm files.

    python assets/translations/make.py            # after a change of words; translate what is unfinished; and again
    python assets/translations/make.py --check    # exit 1 where something is untranslated or a file is not up to date

Needs the launcher's environment: both programs come with PySide6.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

FOLDER = Path(__file__).resolve().parent
# Also where a test loads this file by its path.
sys.path.insert(0, str(FOLDER))

from core_texts import core_texts  # noqa: E402

PACKAGE = FOLDER.parents[1] / "launcher" / "r3mes_launcher"
CORE_CONTEXT = "Core"
# The English file holds plural forms only: all else is in the source.
LANGUAGES = {"en": ["-pluralonly"], "tr": []}


def sources() -> list[Path]:
    return [*sorted((PACKAGE / "ui").rglob("*.py")), PACKAGE / "app.py", PACKAGE / "bridge.py"]


def write_core_source(path: Path) -> None:
    """The core's texts as lupdate can read them: the core itself knows nothing of translations."""
    lines = (f"translate({CORE_CONTEXT!r}, {json.dumps(text, ensure_ascii=False)})" for text in core_texts(PACKAGE))
    path.write_text("\n".join(lines) + "\n", "utf-8")


def tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise SystemExit(f"{name} is missing. It comes with PySide6: install the launcher's packages.")
    return found


def run(*arguments: str) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments[:1])} failed:\n{done.stdout}{done.stderr}")


def make(folder: Path) -> None:
    """Updates the files of `folder`."""
    with tempfile.TemporaryDirectory() as made:
        core = Path(made) / "core.py"
        write_core_source(core)
        update(folder, [*sources(), core])


def update(folder: Path, read: list[Path]) -> None:
    for language, options in LANGUAGES.items():
        written = str(folder / f"r3mes_{language}.ts")
        common = ["-no-obsolete", "-locations", "none", "-source-language", "en", "-target-language", language]
        run(tool("pyside6-lupdate"), *map(str, read), *options, *common, "-ts", written)
        run(tool("pyside6-lrelease"), written, "-silent", "-qm", str(folder / f"r3mes_{language}.qm"))


def untranslated(path: Path) -> list[str]:
    """`context: source` of every message without a finished translation."""
    found = []
    for context in ElementTree.parse(path).getroot().iter("context"):
        name = context.findtext("name", "")
        for message in context.iter("message"):
            translation = message.find("translation")
            forms = [] if translation is None else (list(translation.iter("numerusform")) or [translation])
            unfinished = translation is None or translation.get("type") == "unfinished"
            if unfinished or not all((form.text or "").strip() for form in forms):
                found.append(f"{name}: {message.findtext('source', '')}")
    return found


def check() -> list[str]:
    """What is wrong with the files as they lie there."""
    wrong = []
    with tempfile.TemporaryDirectory() as fresh:
        for path in FOLDER.glob("*.ts"):
            shutil.copy(path, fresh)
        make(Path(fresh))
        for language in LANGUAGES:
            path = Path(fresh) / f"r3mes_{language}.ts"
            wrong += [f"{path.name}: not translated: {each}" for each in untranslated(path)]
            for name in (path.name, f"r3mes_{language}.qm"):
                kept = FOLDER / name
                if not kept.exists() or kept.read_bytes() != (Path(fresh) / name).read_bytes():
                    wrong.append(f"{name}: not up to date; run {Path(__file__).name}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description="Updates the translations from the source.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where something is missing")
    if parser.parse_args().check:
        wrong = check()
        print("\n".join(wrong) or "All words are translated.", file=sys.stderr if wrong else sys.stdout)
        return 1 if wrong else 0
    make(FOLDER)
    for language in LANGUAGES:
        left = untranslated(FOLDER / f"r3mes_{language}.ts")
        print(f"{language}: {len(left)} to translate" + "".join(f"\n  {each}" for each in left))
    return 0


if __name__ == "__main__":
    sys.exit(main())
