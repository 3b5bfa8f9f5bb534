"""The other server's own numbers, from its Prometheus page. Pure.

Names: vLLM's https://docs.vllm.ai/en/stable/design/metrics and llama.cpp's server (`--metrics`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"(?P<name>[A-Za-z_:][\w:]*)(?:\{(?P<labels>[^\n]*)\})?\s+(?P<value>[-+.\deE]+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_COUNT = re.compile(r"[0-9]{1,9}")

_TOKENS = frozenset(
    {
        *("vllm:prompt_tokens_total", "vllm:generation_tokens_total"),
        *("llamacpp:prompt_tokens_total", "llamacpp:tokens_predicted_total"),
    }
)
_RUNNING = frozenset({"vllm:num_requests_running", "llamacpp:requests_processing"})
_WAITING = frozenset({"vllm:num_requests_waiting", "llamacpp:requests_deferred"})
_ADAPTERS = "vllm:lora_requests_info"


@dataclass(frozen=True, slots=True)
class UpstreamNumbers:
    tokens: int | None = None
    """Read and made since its start; None: the server does not tell."""
    running: int | None = None
    waiting: int | None = None
    most_adapters: int | None = None
    """Adapters that a batch of it can hold."""
    adapters_in_use: int = 0


def read_numbers(page: str) -> UpstreamNumbers:
    """Lines that are not understood are passed over."""
    sums: dict[str, float] = {}
    newest, most, in_use = float("-inf"), None, 0
    for line in page.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        name = found["name"]
        try:
            value = float(found["value"])
        except ValueError:
            continue
        if name == _ADAPTERS:
            labels = dict(_LABEL.findall(found["labels"] or ""))
            # The value is the time at which it was told; what was told last is true.
            if value >= newest and _COUNT.fullmatch(labels.get("max_lora", "")):
                newest, most = value, int(labels["max_lora"])
                in_use = len([one for one in labels.get("running_lora_adapters", "").split(",") if one.strip()])
            continue
        for kind, names in (("tokens", _TOKENS), ("running", _RUNNING), ("waiting", _WAITING)):
            if name in names:
                sums[kind] = sums.get(kind, 0.0) + value

    def whole(kind: str) -> int | None:
        return int(sums[kind]) if kind in sums and 0 <= sums[kind] < 2**62 else None

    return UpstreamNumbers(whole("tokens"), whole("running"), whole("waiting"), most, in_use)
