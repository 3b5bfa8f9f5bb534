from __future__ import annotations

import csv
import dataclasses
import io
from typing import Any

import httpx

from r3mes_launcher.wallet.account_discovery import coin_types, look_up, previews, suggestion
from r3mes_launcher.wallet.chain_client import ChainClient
from r3mes_launcher.wallet.chain_endpoints import EndpointPool
from r3mes_launcher.wallet.chain_shapes import TransactionResult
from r3mes_launcher.wallet.history_csv import history_csv
from r3mes_launcher.wallet.mnemonic import entropy_of_phrase, passphrase_bytes
from r3mes_launcher.wallet.payment_machine import Payment


async def test_a_restored_phrase_is_looked_for_where_it_may_be(
    chain: Any, phrase: str, vectors: dict[str, Any]
) -> None:
    entropy, passphrase = entropy_of_phrase(phrase), passphrase_bytes("")
    found = previews(entropy, passphrase, "remes", 118)
    assert len(found) == 10 and [preview.index for preview in found[:5]] == [0, 1, 2, 3, 4]
    known = {case["path"]: case["address"] for case in vectors["keys"][:8]}
    shown = {str(preview.path): preview.address for preview in found}
    assert all(shown[path] == known[path] for path in set(shown) & set(known)) and len(set(shown) & set(known)) == 5
    assert suggestion(found) == found[0]
    client = ChainClient(EndpointPool([chain.url], transport=httpx.AsyncHTTPTransport(verify=False)))
    assert not any(preview.used for preview in await look_up(client, found))
    chain.fund(found[2].address, 0)
    assert suggestion(await look_up(client, found)).address == found[2].address
    chain.fund(found[7].address, 5)
    best = suggestion(await look_up(client, found))
    assert (best.coin_type, best.index, best.used) == (9999, 2, True)
    await client.close()
    assert bytes(entropy.view()) == bytes(16), "the secrets stay the caller's"
    assert coin_types(9999) == (9999, 118) and coin_types(60) == (60, 118, 9999)


def test_a_history_in_a_spreadsheet_runs_no_formula() -> None:
    evil = TransactionResult("AB", 9, 5, "sdk", '=HYPERLINK("http://evil")\nx', 7, "2026-11-20T10:11:12Z")
    fine = dataclasses.replace(evil, tx_hash="CD", code=0, log="")
    own = Payment("id", "c-1", "remes1x", 0, 9, "CD", "Send 5 REMES, “rent”", 0.0)
    rows = list(csv.reader(io.StringIO(history_csv([evil, fine], [own]))))
    assert rows[0] == ["time", "height", "hash", "outcome", "gas_used", "what", "note"]
    assert rows[1][3] == "failed (sdk 5)" and rows[1][6].startswith("'=HYPERLINK")
    assert rows[2][3:] == ["ok", "7", "Send 5 REMES, “rent”", ""]
