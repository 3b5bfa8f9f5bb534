"""How a node for benchmarks dials a gateway in and registers, with a key of its own."""

from __future__ import annotations

import json

from nacl.signing import SigningKey
from websockets.asyncio.client import ClientConnection, connect

from r3mes_protocol import NODE_SUBPROTOCOL
from r3mes_protocol.grants import Role
from r3mes_protocol.messages import Device, Hello, ModelOffer, Register, parse_gateway_message
from r3mes_protocol.origin import gateway_origin, session_url
from r3mes_protocol.session_signature import node_id_of, sign_registration


async def dial_in(url: str, *, model: str = "bench", max_concurrency: int) -> tuple[ClientConnection, Hello]:
    """A registered session, open until it is closed. It pings nobody: heartbeats are the caller's."""
    origin, key = gateway_origin(url), SigningKey.generate()
    socket = await connect(
        session_url(origin),
        subprotocols=[NODE_SUBPROTOCOL],  # type: ignore[list-item]
        compression=None,
        max_size=None,
        open_timeout=60,
        ping_interval=None,
    )
    hello = parse_gateway_message(await socket.recv())
    assert isinstance(hello, Hello)
    register = Register(
        node_id=node_id_of(key),
        models=(ModelOffer(name=model, context_tokens=4096),),
        roles=(Role.SERVING,),
        max_concurrency=max_concurrency,
        device=Device(kind="cpu", name="benchmark", memory_mb=1),
        engine_version="0",
        signature=sign_registration(key, nonce=hello.nonce, session_id=hello.session_id, gateway=origin),
    )
    await socket.send(register.to_json())
    assert json.loads(await socket.recv())["type"] == "registered"
    return socket, hello
