"""After create, sign and lock, no word, seed or key is in a file, a message, a repr, or the process' memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

CHILD = """
import json, logging, os, re, sys, traceback
from pathlib import Path
logging.basicConfig(filename="profile.log", level=logging.DEBUG)
from r3mes_launcher.wallet import sealed_file
from r3mes_launcher.wallet.errors import WalletError
from r3mes_launcher.wallet.keys import account_path
from r3mes_launcher.wallet.mnemonic import new_entropy, passphrase_bytes
from r3mes_launcher.wallet.secret import wipe
from r3mes_launcher.wallet.vault import Vault

vault = Vault(Path("vault"), now=lambda: 0.0, parameters=sealed_file.FLOOR)
vault.create("correct horse battery")
record = vault.add_phrase("Mine", new_entropy(24), passphrase_bytes("ek"), account_path(), "remes")
vault.sign_message(record.wallet_id, b"hello")
exported = vault.export(record.wallet_id, "correct horse battery", "export password")
Path("export").write_bytes(exported)
shown = [repr(vault), repr(record), str(vars(vault))]
for action in (
    lambda: vault.unlock("not the password"),
    lambda: vault.import_export(exported, "not the password"),
    lambda: vault.sign_message("0" * 16, b"x"),
):
    try:
        action()
    except WalletError as error:
        logging.exception("refused")
        shown += [repr(error), *traceback.format_exception(error)]
vault.lock()
print(json.dumps({"shown": shown}), flush=True)
sys.stdin.readline()  # the parent reads our memory now
vault.unlock("correct horse battery")
words = vault.reveal_words(record.wallet_id, "correct horse battery")
key = vault.private_key(record.wallet_id, "correct horse battery")
print(json.dumps({"words": words, "key": key.copy_of_secret().view().hex()}), flush=True)
"""


def memory_of(pid: int) -> bytes:
    found = bytearray()
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, mode = line.split()[:2]
            if mode.startswith("rw") and "[v" not in line:
                start, end = (int(part, 16) for part in span.split("-"))
                memory.seek(start)
                try:
                    found += memory.read(end - start)
                except OSError:
                    continue
    return bytes(found)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/<pid>/mem")
def test_secrets_stay_inside(tmp_path: Path, start_wallet_child: Any) -> None:
    child = start_wallet_child(CHILD)
    shown = json.loads(child.stdout.readline())["shown"]
    try:
        memory = memory_of(child.pid)
    except PermissionError:
        pytest.skip("this system lets no process read another's memory")
    child.stdin.write("go\n")
    child.stdin.flush()
    answer = json.loads(child.stdout.readline())
    assert child.wait(30) == 0, child.stderr.read()
    from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, passphrase_bytes, seed

    words = answer["words"]
    entropy = entropy_of_phrase(" ".join(words))
    with seed(entropy, passphrase_bytes("ek")) as seed_secret:
        secrets = {
            "three words in order": " ".join(words[4:7]).encode(),
            "entropy": bytes(entropy.view()),
            "entropy in hex": entropy.view().hex().encode(),
            "seed": bytes(seed_secret.view())[:32],
            "key": bytes.fromhex(answer["key"]),
            "key in hex": answer["key"].encode(),
        }
    assert len(memory) > 2**20
    for name, secret in secrets.items():
        for path in tmp_path.rglob("*"):
            assert not path.is_file() or secret not in path.read_bytes(), f"{name} is in {path}"
        assert secret not in "\n".join(shown).encode(errors="replace"), f"{name} was shown"
        assert secret not in memory, f"{name} is left in memory after locking"
    assert (tmp_path / "profile.log").read_text().count("refused") == 3
