"""Which of several gateways is in use: the node's own before the preferred one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from r3mes_launcher.core.gateway_client import GatewayClient, GatewayUnreachable, Offers
from r3mes_launcher.core.gateway_desk import GatewayDesk, GatewayView
from r3mes_launcher.core.state import GatewayKind, GatewayState

Until = Callable[..., Awaitable[None]]

FIRST, SECOND = "https://first.example", "https://second.example"


class FakeClient:
    """Gateways by their names: what each lists, or why it does not answer."""

    def __init__(self) -> None:
        self.models: dict[str, tuple[str, ...]] = {FIRST: (), SECOND: ()}

    async def offers(self, origin: str) -> Offers:
        if origin not in self.models:
            raise GatewayUnreachable(f"The gateway {origin} is out of reach.")
        return Offers(self.models[origin], ())


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


async def test_where_the_node_is_registered_comes_before_the_preferred_gateway(
    client: FakeClient, until: Until
) -> None:
    shown: list[GatewayView] = []
    followed: list[tuple[GatewayState, tuple[str, ...]]] = []

    def make_local(tell: Any) -> Any:
        raise AssertionError("no gateway of this computer is wanted")

    desk = GatewayDesk(
        cast(GatewayClient, client), make_local, lambda base, others: followed.append((base, others)), shown.append
    )
    desk.start()
    del client.models[FIRST]
    client.models[SECOND] = ("a-model",)
    await desk.use(GatewayKind.REMOTE, FIRST, (SECOND,))
    await until(lambda: shown[-1].gateway.reachable)
    assert shown[-1].gateway.url == SECOND and FIRST in shown[-1].gateway.message
    desk.follow_node(SECOND)

    # The preferred one is back, without this computer's node: what the node serves is asked where it is.
    client.models[FIRST] = ("of-another-node",)
    client.models[SECOND] = ("a-model", "seen")
    desk.look_now()
    await until(lambda: "seen" in shown[-1].models)
    assert shown[-1].gateway.url == SECOND
    assert desk.url == FIRST and desk.order == (FIRST, SECOND), "what was chosen is another matter"

    desk.follow_node(FIRST)
    await until(lambda: shown[-1].gateway.url == FIRST)
    assert shown[-1].models == ("of-another-node",) and shown[-1].gateway.message == ""

    # A node that is nowhere: the preferred one, as long as it answers.
    desk.follow_node("")
    del client.models[FIRST]
    desk.look_now()
    await until(lambda: shown[-1].gateway.url == SECOND)
    assert [base.url for base, _ in followed] == [FIRST], "the node hears of what was chosen alone"
    await desk.close_monitor()
