"""Which grants hold no longer before their end: the owner signed a newer one, or took them back."""

from __future__ import annotations

import json
import logging
import os
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

from r3mes_protocol.grants import Grant
from r3mes_protocol.revocations import Revocation

logger = logging.getLogger(__name__)

MAX_ENTRIES = 100_000
"""About 20 MB. Beyond it what was changed longest ago is forgotten: first of node keys that were never let in here, so
that a stranger who makes up owners and takes back what nobody used brings no revoked grant back."""

SPARE_LINES = 1000
"""The file is written anew when it has so many lines more than twice as many as there are entries."""

_FORMAT = 1


class Entry(NamedTuple):
    not_before: int
    """Grants that begin earlier hold no longer; -1 where none was accepted."""
    revoked_at: int
    """Grants that begin in this second or before hold no longer; -1 where none was revoked."""


class GrantBookError(Exception):
    """The book's file can't be used; the message says which and what to do."""


class GrantBook:
    """Kept in a file where there is one to keep it in; otherwise until the gateway ends.

    Replicas on one machine may share the file: each reads what the others wrote (`follow`).
    """

    def __init__(self, path: Path | None) -> None:
        """Raises GrantBookError for a file that can't be read: to go on without it would bring revoked grants back."""
        self._path = path
        self._entries: OrderedDict[tuple[str, str], Entry] = OrderedDict()
        self._never_let_in: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lines = 0
        """Of the file."""
        self._read_to = 0
        """Bytes of the file that are known here."""
        self._file_id = 0
        self._in_trouble = False
        if path is not None:
            self._read(path)

    def __len__(self) -> int:
        return len(self._entries)

    def holds(self, grant: Grant) -> bool:
        return self.holds_from(grant.owner, grant.node_public_key, grant.not_before)

    def holds_from(self, owner: str, node: str, not_before: int) -> bool:
        """Whether the owner's grant for the node that begins then holds."""
        entry = self._entries.get((owner, node))
        return entry is None or (not_before >= entry.not_before and not_before > entry.revoked_at)

    def follow(self) -> None:
        """Reads what other replicas wrote since, and repairs what one of them lost when it wrote the file anew."""
        if self._path is None:
            return
        try:
            status = self._path.stat()
            if status.st_ino == self._file_id and status.st_size == self._read_to:
                return
            anew = status.st_ino != self._file_id or status.st_size < self._read_to
            with self._path.open("rb") as file:
                file.seek(0 if anew else self._read_to)
                # A line that is being written is read the next time.
                whole = file.read().rpartition(b"\n")[0]
            told = [_parsed(json.loads(line)) for line in whole.decode("ascii").splitlines()]
        except FileNotFoundError:
            # Nobody has written yet.
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            if not self._in_trouble:
                logger.error("the book of grants %s can't be followed: %s", self._path, error)
            self._in_trouble = True
            return
        self._in_trouble = False
        self._file_id = status.st_ino
        self._read_to = (0 if anew else self._read_to) + (len(whole) + 1 if whole else 0)
        self._lines = (0 if anew else self._lines) + len(told)
        in_file: dict[tuple[str, str], Entry] = {}
        for owner, node, entry in told:
            in_file[owner, node] = _later(in_file.get((owner, node), entry), entry)
        for (owner, node), entry in in_file.items():
            merged = _later(self._entries.get((owner, node), entry), entry)
            if merged != self._entries.get((owner, node)):
                self._keep(owner, node, merged)
        if anew:
            lost = [key for key, entry in self._entries.items() if in_file.get(key) != entry]
            for owner, node in lost:
                self._append(self._path, owner, node, self._entries[owner, node])

    def seen(self, grant: Grant) -> None:
        """A grant was accepted: older ones of the same owner for the same node key are over."""
        self.follow()
        entry = self._entries.get((grant.owner, grant.node_public_key))
        if entry is None or grant.not_before > entry.not_before:
            revoked_at = entry.revoked_at if entry is not None else -1
            self._put(grant.owner, grant.node_public_key, Entry(grant.not_before, revoked_at))

    def revoke(self, revocation: Revocation) -> None:
        """A revocation was checked. One that says nothing new changes nothing."""
        self.follow()
        entry = self._entries.get((revocation.owner, revocation.node_public_key), Entry(-1, -1))
        if revocation.revoked_at > entry.revoked_at:
            self._put(revocation.owner, revocation.node_public_key, entry._replace(revoked_at=revocation.revoked_at))

    def _put(self, owner: str, node: str, entry: Entry) -> None:
        self._keep(owner, node, entry)
        if self._path is not None:
            self._append(self._path, owner, node, entry)

    def _keep(self, owner: str, node: str, entry: Entry) -> None:
        key = owner, node
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if entry.not_before < 0:
            self._never_let_in[key] = None
            self._never_let_in.move_to_end(key)
        else:
            self._never_let_in.pop(key, None)
        while len(self._entries) > MAX_ENTRIES:
            oldest = next(iter(self._never_let_in or self._entries))
            self._never_let_in.pop(oldest, None)
            del self._entries[oldest]

    # --- the file: a line for each change, the last one counts ---

    def _append(self, path: Path, owner: str, node: str, entry: Entry) -> None:
        try:
            with path.open("a", encoding="ascii") as file:
                file.write(_line(owner, node, entry))
                file.flush()
                os.fsync(file.fileno())
            self._lines += 1
            if self._lines > 2 * len(self._entries) + SPARE_LINES:
                self.follow()
                self._rewrite(path)
        except OSError as error:
            # The running gateway knows it all the same.
            logger.error("a change of grants can't be written to %s: %s", path, error.strerror or error)

    def _read(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            text = path.read_text(encoding="ascii") if path.exists() else ""
            whole, _, torn = text.rpartition("\n")
            for line in whole.splitlines():
                owner, node, entry = _parsed(json.loads(line))
                self._keep(owner, node, entry)
            if torn or len(whole) > 0:
                self._rewrite(path)
        except OSError as error:
            raise GrantBookError(f"The book of grants {path} can't be used: {error.strerror or error}.") from None
        except (ValueError, KeyError, TypeError):
            raise GrantBookError(
                f"The book of grants {path} is damaged. Restore it from a backup: without it revoked grants hold again."
            ) from None

    def _rewrite(self, path: Path) -> None:
        """One line an entry, and without the half line of a gateway that was killed while it wrote."""
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        with temporary.open("w", encoding="ascii") as file:
            for (owner, node), entry in self._entries.items():
                file.write(_line(owner, node, entry))
            file.flush()
            os.fsync(file.fileno())
        status = temporary.stat()
        temporary.replace(path)
        self._lines = len(self._entries)
        self._file_id, self._read_to = status.st_ino, status.st_size


def _later(one: Entry, other: Entry) -> Entry:
    """What both say."""
    return Entry(max(one.not_before, other.not_before), max(one.revoked_at, other.revoked_at))


def _line(owner: str, node: str, entry: Entry) -> str:
    document = {"v": _FORMAT, "owner": owner, "node": node, **entry._asdict()}
    return json.dumps(document, separators=(",", ":")) + "\n"


def _parsed(document: dict[str, Any]) -> tuple[str, str, Entry]:
    if document["v"] != _FORMAT:
        raise ValueError("another format")
    return (
        str(document["owner"]),
        str(document["node"]),
        Entry(int(document["not_before"]), int(document["revoked_at"])),
    )
