"""What the wallet has to remember about the chain: signed transactions until they are settled, and pinned facts.

SQLite beside the vault. It holds what the chain knows anyway, and no secret.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from r3mes_launcher.sentence import Sentence, from_text, to_text
from r3mes_launcher.system_cause import system_cause
from r3mes_launcher.wallet.errors import Problem, WalletError
from r3mes_launcher.wallet.payment_machine import IN_FLIGHT, Payment, PaymentState
from r3mes_launcher.wallet.profiles import NetworkFacts
from r3mes_launcher.wallet.transactions import SignedTransaction

SCHEMA_VERSION = 1
BUSY_TIMEOUT_S = 10.0
"""Two launchers may write at once; each write takes milliseconds."""

_SCHEMA = f"""
CREATE TABLE payments (
    payment_id TEXT PRIMARY KEY,
    chain_id TEXT NOT NULL,
    address TEXT NOT NULL,
    sequence TEXT NOT NULL,
    timeout_height TEXT NOT NULL,
    tx_hash TEXT NOT NULL,
    tx_bytes BLOB NOT NULL,
    summary TEXT NOT NULL,
    created_at REAL NOT NULL,
    state TEXT NOT NULL,
    uncertain INTEGER NOT NULL,
    last_sent_at REAL NOT NULL,
    code INTEGER NOT NULL,
    codespace TEXT NOT NULL,
    log TEXT NOT NULL,
    height INTEGER NOT NULL,
    gas_used INTEGER NOT NULL,
    unclear INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_in_flight ON payments (chain_id, address)
    WHERE state IN ({", ".join(f"'{state}'" for state in IN_FLIGHT)});
CREATE TABLE recipients (
    chain_id TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
    PRIMARY KEY (chain_id, sender, recipient)
) STRICT;
CREATE TABLE pins (
    profile TEXT PRIMARY KEY, facts TEXT NOT NULL
) STRICT;
PRAGMA user_version = {SCHEMA_VERSION};
"""

_COLUMNS = (
    "payment_id, chain_id, address, sequence, timeout_height, tx_hash, summary, created_at, state, uncertain, "
    "last_sent_at, code, codespace, log, height, gas_used, unclear"
)


class WalletStore:
    """Methods block for the length of a disk write; call them in one thread."""

    def __init__(self, path: Path) -> None:
        """Raises VAULT_UNWRITABLE when the file can't be made, VAULT_DAMAGED when it is no such database."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._database = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            # FULL: a transaction that was written down survives a power cut.
            try:
                self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
                self._prepare(path)
            except BaseException:
                self._database.close()
                raise
        except sqlite3.DatabaseError as error:
            raise WalletError(
                Problem.VAULT_DAMAGED,
                Sentence(
                    "The wallet's record of transactions ({path}) can't be used: {error}.", path=path, error=error
                ),
                "Move the file away to start a new one; nothing on the chain is lost.",
            ) from None
        except OSError as error:
            raise WalletError(
                Problem.VAULT_UNWRITABLE,
                Sentence("{path} can't be written: {strerror}.", path=path, strerror=system_cause(error)),
            ) from None

    def _prepare(self, path: Path) -> None:
        with self._writing():
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    self._database.execute(statement)
            elif version > SCHEMA_VERSION:
                raise WalletError(
                    Problem.VAULT_TOO_NEW,
                    Sentence("{path} was written by a newer version.", path=path),
                    "Update this program.",
                )

    def close(self) -> None:
        self._database.close()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    # Payments

    def add(self, payment: Payment, signed: SignedTransaction, recipients: tuple[str, ...] = ()) -> Payment:
        """Writes a signed transaction down before anybody sends it.

        The payment that is stored under this id already, if any: a repeated confirmation makes no second payment.
        Raises IN_FLIGHT while another transaction of the same account is on its way.
        """
        with self._writing():
            known = self.payment(payment.payment_id)
            if known is not None:
                return known
            try:
                self._database.execute(
                    f"INSERT INTO payments ({_COLUMNS}, tx_bytes) VALUES ({','.join('?' * 18)})",  # noqa: S608
                    (*_row(payment), signed.tx_bytes),
                )
            except sqlite3.IntegrityError:
                raise WalletError(
                    Problem.IN_FLIGHT,
                    "Another transaction of this wallet is still on its way.",
                    "Wait until it is settled; that takes seconds, at most its time-out.",
                ) from None
            for recipient in recipients:
                self._database.execute(
                    "INSERT OR IGNORE INTO recipients VALUES (?, ?, ?)", (payment.chain_id, payment.address, recipient)
                )
        return payment

    def update(self, payment: Payment) -> None:
        with self._writing():
            self._database.execute(
                "UPDATE payments SET state = ?, uncertain = ?, last_sent_at = ?, code = ?, codespace = ?, log = ?,"
                " height = ?, gas_used = ?, unclear = ? WHERE payment_id = ?",
                (*_row(payment)[8:], payment.payment_id),
            )

    def payment(self, payment_id: str) -> Payment | None:
        rows = self._payments("payment_id = ?", payment_id)
        return rows[0] if rows else None

    def tx_bytes(self, payment_id: str) -> bytes:
        (data,) = self._database.execute("SELECT tx_bytes FROM payments WHERE payment_id = ?", (payment_id,)).fetchone()
        return bytes(data)

    def in_flight(self, chain_id: str) -> tuple[Payment, ...]:
        return tuple(payment for payment in self._payments("chain_id = ?", chain_id) if payment.in_flight)

    def payments(self, chain_id: str, address: str) -> tuple[Payment, ...]:
        """Newest first."""
        return self._payments("chain_id = ? AND address = ?", chain_id, address)

    def next_sequence(self, chain_id: str, address: str) -> int:
        """The lowest number that our own settled transactions leave free; a node may not have seen the last yet."""
        used = [payment.sequence for payment in self.payments(chain_id, address) if payment.height > 0]
        return max(used, default=-1) + 1

    def close_unclear(self, payment_id: str, *, included: bool) -> Payment:
        """The owner's own finding about a payment that no node could explain."""
        payment = self.payment(payment_id)
        if payment is None or not payment.unclear:
            raise WalletError(Problem.BAD_INPUT, "This payment is not one that needs a person to look it up.")
        state = PaymentState.INCLUDED if included else PaymentState.EXPIRED
        with self._writing():
            self._database.execute(
                "UPDATE payments SET state = ?, unclear = 0 WHERE payment_id = ?", (state.value, payment_id)
            )
        settled = self.payment(payment_id)
        assert settled is not None
        return settled

    def _payments(self, where: str, *values: str) -> tuple[Payment, ...]:
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM payments WHERE {where} ORDER BY created_at DESC, payment_id",  # noqa: S608
            values,
        ).fetchall()
        return tuple(_payment(row) for row in rows)

    def sent_to(self, chain_id: str, sender: str) -> frozenset[str]:
        """Addresses this wallet has sent to: the ones a look-alike would imitate."""
        rows = self._database.execute(
            "SELECT recipient FROM recipients WHERE chain_id = ? AND sender = ?", (chain_id, sender)
        ).fetchall()
        return frozenset(row[0] for row in rows)

    # Pinned facts

    def pinned(self, profile: str) -> NetworkFacts | None:
        row = self._database.execute("SELECT facts FROM pins WHERE profile = ?", (profile,)).fetchone()
        return None if row is None else NetworkFacts.model_validate_json(row[0])

    def pin(self, profile: str, facts: NetworkFacts) -> None:
        with self._writing():
            self._database.execute("INSERT OR REPLACE INTO pins VALUES (?, ?)", (profile, facts.model_dump_json()))


def _row(payment: Payment) -> tuple[str | int | float, ...]:
    return (
        payment.payment_id,
        payment.chain_id,
        payment.address,
        str(payment.sequence),
        str(payment.timeout_height),
        payment.tx_hash,
        to_text(payment.summary),
        payment.created_at,
        payment.state.value,
        int(payment.uncertain),
        payment.last_sent_at,
        payment.code,
        payment.codespace,
        payment.log,
        payment.height,
        payment.gas_used,
        int(payment.unclear),
    )


def _payment(row: tuple[str | int | float, ...]) -> Payment:
    return Payment(
        payment_id=str(row[0]),
        chain_id=str(row[1]),
        address=str(row[2]),
        sequence=int(row[3]),
        timeout_height=int(row[4]),
        tx_hash=str(row[5]),
        summary=from_text(str(row[6])),
        created_at=float(row[7]),
        state=PaymentState(str(row[8])),
        uncertain=bool(row[9]),
        last_sent_at=float(row[10]),
        code=int(row[11]),
        codespace=str(row[12]),
        log=str(row[13]),
        height=int(row[14]),
        gas_used=int(row[15]),
        unclear=bool(row[16]),
    )
