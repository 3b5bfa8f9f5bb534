"""`r3mes-api credits`, as an operator types it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from r3mes_api.__main__ import main


@pytest.fixture
def credits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("R3MES_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("R3MES_ADDRESS_PREFIX", "remes")

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["credits", *arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def test_credits_are_given_once_for_a_reference(credits: Any, new_wallet: Callable[..., Any]) -> None:
    address = new_wallet().address
    code, said = credits("add", address, "5000", "--reference", "invoice 7")
    assert code == 0 and "5000 base units were given" in said and "available 5000, set aside 0" in said
    code, said = credits("add", address, "5000", "--reference", "invoice 7")
    assert code == 0 and "used before" in said and "available 5000" in said
    assert "available 5000, set aside 0" in credits("show", address)[1]
    code, said = credits("check")
    assert code == 0 and said.startswith("The ledger is balanced")


def test_what_cannot_be_done_is_said(credits: Any, new_wallet: Callable[..., Any], monkeypatch: Any) -> None:
    for address in ("nobody", new_wallet("cosmos").address):
        code, said = credits("show", address)
        assert code == 78 and "no wallet address of this network" in said
    code, said = credits("add", new_wallet().address, "-5", "--reference", "x")
    assert code == 78 and "Nothing was given" in said
    monkeypatch.delenv("R3MES_DATA_FOLDER")
    code, said = credits("check")
    assert code == 78 and "DATABASE_URL or R3MES_DATA_FOLDER" in said


def test_a_ledger_that_is_not_there_is_no_balanced_one(credits: Any, tmp_path: Path) -> None:
    code, said = credits("check")
    assert code == 78 and f"no ledger at {tmp_path / 'gateway.db'}" in said
    assert list(tmp_path.iterdir()) == []


def test_the_settings_may_come_from_the_services_file(credits: Any, new_wallet: Any, tmp_path: Path) -> None:
    address = new_wallet().address
    assert credits("add", address, "7", "--reference", "x")[0] == 0
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "gateway.db").rename(tmp_path / "elsewhere" / "gateway.db")
    file = tmp_path / "gateway.env"
    file.write_text(f'# comment\nR3MES_DATA_FOLDER="{tmp_path / "elsewhere"}"\n')
    assert credits("show", address)[0] == 78
    assert "available 7" in credits("--env-file", str(file), "show", address)[1]
    code, said = credits("--env-file", str(tmp_path / "none.env"), "check")
    assert code == 78 and "none.env can't be read: No such file" in said


def test_a_ledger_that_was_tampered_with_is_found(credits: Any, new_wallet: Callable[..., Any], tmp_path: Path) -> None:
    credits("add", new_wallet().address, "10", "--reference", "x")
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as database:
        database.execute("UPDATE ledger_balances SET balance = 99")
        database.commit()
    code, said = credits("check")
    assert code == 70 and said.startswith("THE LEDGER IS NOT BALANCED: 0 entries and 1 balances")
