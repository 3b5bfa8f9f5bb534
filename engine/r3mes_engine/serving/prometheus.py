"""The engine's numbers as Prometheus reads them.

Format: https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.
"""

from __future__ import annotations

from r3mes_engine.serving.chat_service import ChatService
from r3mes_protocol import __version__

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "r3mes_engine"


def metrics_page(service: ChatService) -> str:
    capacity, stats = service.capacity, service.backend_stats()
    lines = [
        f"# TYPE {_PREFIX}_info gauge",
        f'{_PREFIX}_info{{version="{__version__}",model="{_label(service.offer.name)}"}} 1',
    ]
    for name, kind, what, value in (
        ("requests_total", "counter", "Requests that ended, well or not.", service.requests),
        ("completion_tokens_total", "counter", "Tokens of answers.", service.completion_tokens),
        ("tokens_per_second", "gauge", "Pace of the last ten seconds.", service.tokens_per_second()),
        ("requests_active", "gauge", "Answers under way.", capacity.active),
        ("requests_queued", "gauge", "Requests that wait for a place.", capacity.queued),
        ("max_concurrency", "gauge", "Answers that may be under way at once.", capacity.max_concurrency),
        ("up", "gauge", "1 while the model can answer.", int(not service.problem)),
        ("draining", "gauge", "1 while nothing new is taken.", int(service.draining)),
        ("adapters", "gauge", "Adapters that are offered.", len(service.adapters)),
        ("memory_bytes", "gauge", "Memory of the engine and of what it runs.", stats.memory_mb * 2**20),
        (
            "gpu_memory_free_bytes",
            "gauge",
            "Free memory of the GPU.",
            None if stats.free_vram_mb is None else stats.free_vram_mb * 2**20,
        ),
    ):
        if value is not None:
            lines += [f"# HELP {_PREFIX}_{name} {what}", f"# TYPE {_PREFIX}_{name} {kind}", f"{_PREFIX}_{name} {value}"]
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
