"""What the node does when its gateway expects requests for an adapter."""

from __future__ import annotations

from r3mes_engine.backends.protocol import Backend, LoadsAdapters, OffersAdapters
from r3mes_engine.node.live_session import OnAdapterHint
from r3mes_protocol.messages import Residency


def adapter_hints(backend: Backend) -> OnAdapterHint | None:
    """None for a backend that can't load adapters ahead of their requests: the gateway then never hints."""
    if not (isinstance(backend, OffersAdapters) and isinstance(backend, LoadsAdapters)):
        return None
    loader: LoadsAdapters = backend
    shelf: OffersAdapters = backend

    async def follow(name: str, digest: str | None) -> None:
        offer = next((offer for offer in shelf.adapters if offer.name == name), None)
        if offer is None or offer.residency is Residency.GPU or digest not in (None, offer.digest):
            return
        await loader.load_adapter(name)

    return follow
