"""The page at `/`: one document, made whole on the server, without scripts. Everything from the network is escaped."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from r3mes_api.modes.interface import AdapterCard, ModelCard
from r3mes_api.nodes.node import Node
from r3mes_api.setting_kinds import InferenceMode
from r3mes_api.web.style import LOGO, STYLE

MAX_ROWS = 100
"""Of each table; `/v1/nodes` and `/v1/models` list all."""

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class PageView:
    """All that the page shows. `now` is on the clock of the nodes' times, `unix` on everybody's."""

    mode: InferenceMode
    version: str
    accepting: bool
    uptime_s: float
    unix: float
    network: str | None
    nodes: Sequence[Node]
    models: Sequence[ModelCard]
    adapters: Sequence[AdapterCard]
    running: int
    tokens_per_minute: Sequence[int]
    tokens_last_hour: int
    answers_last_hour: int
    now: float
    trouble: str | None = None
    """Why nobody answers prompts, where the mode knows more than that no node is here."""


def render(view: PageView) -> str:
    tone, state, sentence = _state(view)
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(view.unix))
    network = f" · {escape(view.network)}" if view.network else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{escape(state)} · R3MES gateway</title>
<link rel="icon" href="data:image/svg+xml;base64,{base64.b64encode(LOGO.encode()).decode()}">
<style>{STYLE}</style>
</head>
<body>
<header>{LOGO}<div><h1>R3MES gateway</h1><p>Version {escape(view.version)}{network}</p></div>
<span class="badge {tone}">{escape(state)}</span></header>
<main>
<p class="sentence">{escape(sentence)}</p>
{_tiles(view)}
{_throughput(view)}
{_nodes(view)}
{_adapters(view)}
{_models(view)}
</main>
<footer><p>As of <time>{moment}</time> UTC, running for {_duration(view.uptime_s)}. \
Reload the page for newer figures.</p>
<nav aria-label="Addresses for programs"><a href="/health">Health</a><a href="/v1/nodes">Nodes</a>\
<a href="/v1/adapters">Adapters</a><a href="/v1/models">Models</a>\
<a href="/openapi.json">API description</a></nav></footer>
</body>
</html>
"""


def _state(view: PageView) -> tuple[str, str, str]:
    """Tone, word and sentence."""
    if not view.accepting:
        return "warning", "Shutting down", "This gateway finishes what runs and takes no new requests."
    if view.mode is InferenceMode.DISABLED:
        return "neutral", "Disabled", "Inference is disabled on this gateway: it answers no prompts."
    if view.mode is InferenceMode.MOCK:
        return "warning", "Mock", "This gateway is for tests: its answers are made up and no model is asked."
    serving = sum(1 for node in view.nodes if node.serving and not node.draining)
    if not serving:
        sentence = view.trouble or "No serving node is connected, so prompts can't be answered now."
        return "bad", "No nodes" if view.trouble is None else "No engine", sentence
    return "good", "Serving", f"{_counted(serving, 'node')} {'answers' if serving == 1 else 'answer'} prompts."


def _tiles(view: PageView) -> str:
    bases = sum(1 for card in view.models if card.base_model is None)
    places = sum(node.places for node in view.nodes)
    jobs = sum(node.reserved for node in view.nodes)
    pace = sum(
        min(node.telemetry.tokens_per_second or 0.0, 999_999.0) for node in view.nodes if node.telemetry is not None
    )
    ready = sum(1 for card in view.adapters if card.gpu)
    tiles = [
        ("Nodes", f"{len(view.nodes):,}", f"{jobs:,} of {places:,} places taken" if places else "none connected"),
        ("Models", f"{bases:,}", "base models on offer" if bases else "none on offer"),
        ("Adapters", f"{len(view.adapters):,}", f"{ready:,} ready on a GPU" if view.adapters else "none on offer"),
        ("Prompts under way", f"{view.running:,}", f"{view.answers_last_hour:,} in the last hour"),
        (
            "Tokens in the last hour",
            f"{view.tokens_last_hour:,}",
            f"{pace:,.0f} a second now" if pace >= 1 else "of complete answers",
        ),
    ]
    body = "".join(
        f"<div><dt>{name}</dt><dd><b>{value}</b><span>{note}</span></dd></div>" for name, value, note in tiles
    )
    return f'<dl class="tiles">{body}</dl>'


def _throughput(view: PageView) -> str:
    amounts = view.tokens_per_minute
    peak = max(amounts, default=0)
    if not peak:
        words = (
            "The first answers came within this minute; the chart begins with the next one."
            if view.tokens_last_hour
            else "No answer was completed in the last hour."
        )
        chart = f'<p class="empty">{words}</p>'
    else:
        bars = "".join(
            f'<rect x="{index * 10 + 1}" y="{100 - height}" width="8" height="{height}" rx="1"/>'
            for index, amount in enumerate(amounts)
            if amount and (height := max(2, round(100 * amount / peak)))
        )
        label = f"Tokens a minute over the last hour, at most {peak:,}"
        chart = (
            f'<figure><svg viewBox="0 0 {len(amounts) * 10} 100" preserveAspectRatio="none" role="img" '
            f'aria-label="{label}">{bars}</svg>'
            f"<figcaption><span>an hour ago</span><span>peak {peak:,} a minute</span><span>now</span></figcaption>"
            "</figure>"
        )
    return f"<section><h2>Tokens a minute</h2>{chart}</section>"


def _nodes(view: PageView) -> str:
    if not view.mode.has_nodes:
        return ""
    shown = sorted(view.nodes, key=lambda node: (-len(node.jobs), node.generation))[:MAX_ROWS]
    rows = "".join(_node_row(node, view.now) for node in shown)
    head = "<th>Node</th><th>State</th><th>Device</th><th>Offers</th>"
    head += "<th class='n'>Jobs</th><th class='n'>Tokens/s</th><th class='n'>Connected</th>"
    return _table("Nodes", head, rows, len(shown), len(view.nodes), "Nodes that dial in are listed here.")


def _node_row(node: Node, now: float) -> str:
    tone, state = (
        ("warning", "draining") if node.draining else ("good", "serving") if node.serving else ("neutral", "connected")
    )
    pace = node.telemetry.tokens_per_second if node.telemetry is not None else None
    device = escape(node.device.name)
    if node.device.kind == "cuda":
        device += f"<small>{node.device.memory_mb / 1024:.0f} GB</small>"
    offers = escape(_few(list(node.models), 2))
    if node.adapters:
        offers += f"<small>{escape(_few(list(node.adapters), 3))}</small>"
    jobs = len(node.jobs)
    return (
        f"<tr><td><code title='{escape(node.node_id)}'>{escape(node.node_id[:12])}</code></td>"
        f"<td><span class='badge {tone}'>{state}</span>{_stake(node)}</td><td>{device}</td><td>{offers}</td>"
        f"<td class='n'>{jobs} / {node.places}</td>"
        f"<td class='n'>{'–' if pace is None else f'{min(pace, 999_999):,.0f}'}</td>"
        f"<td class='n'>{_duration(now - node.connected_at)}</td></tr>"
    )


def _adapters(view: PageView) -> str:
    if not view.mode.has_nodes:
        return ""
    shown = sorted(view.adapters, key=lambda card: (-card.heat, card.name))[:MAX_ROWS]
    rows = "".join(
        f"<tr><td><code>{escape(card.name)}</code><small>{escape(card.base_model or '')}</small></td>"
        f"<td>{_residency(card)}</td><td class='n'>{card.nodes:,}</td>"
        f"<td class='n'>{f'{card.homes:,}' if card.homes else '–'}</td>"
        f"<td class='n'>{_heat(card.heat)}</td></tr>"
        for card in shown
    )
    head = "<th>Adapter</th><th>Where it lies</th><th class='n'>Nodes</th>"
    head += "<th class='n'>Kept ready on</th><th class='n'>Requests at once</th>"
    return _table("Adapters", head, rows, len(shown), len(view.adapters), "No node offers an adapter now.")


def _residency(card: AdapterCard) -> str:
    """A bar with a part for each place, and the same in words."""
    parts = [("gpu", "on a GPU", card.gpu), ("cpu", "in memory", card.cpu), ("disk", "on disk", card.disk)]
    total = max(1, card.gpu + card.cpu + card.disk)
    bar, left = "", 0.0
    for name, _, count in parts:
        width = 100 * count / total
        if count:
            bar += f"<rect class='{name}' x='{left:.1f}' width='{width:.1f}' height='6'/>"
        left += width
    words = ", ".join(f"{count:,} {word}" for _, word, count in parts if count)
    return f"<svg class='bar' viewBox='0 0 100 6' preserveAspectRatio='none' aria-hidden='true'>{bar}</svg>{words}"


def _heat(heat: float) -> str:
    if heat < 0.01:
        return "–"
    return f"{heat:,.0f}" if heat >= 10 else f"{heat:.1f}" if heat >= 0.1 else "now and then"


def _stake(node: Node) -> str:
    """Nothing where all is well or nobody asks."""
    state = node.stake.state.value if node.stake is not None else "sufficient"
    return "" if state == "sufficient" else f"<small>stake {state}</small>"


def _models(view: PageView) -> str:
    cards = [card for card in view.models if card.base_model is None]
    shown = cards[:MAX_ROWS]
    rows = "".join(
        f"<tr><td><code>{escape(card.name)}</code></td>"
        f"<td class='n'>{'–' if card.context_tokens is None else f'{card.context_tokens:,}'}</td>"
        f"<td class='n'>{card.nodes:,}</td></tr>"
        for card in shown
    )
    head = "<th>Model</th><th class='n'>Context, tokens</th><th class='n'>Nodes</th>"
    return _table("Models", head, rows, len(shown), len(cards), "No model is offered now.")


def _table(title: str, head: str, rows: str, shown: int, total: int, empty: str) -> str:
    if not total:
        return f'<section><h2>{title}</h2><p class="empty">{empty}</p></section>'
    more = f'<p class="more">{shown:,} of {total:,} are shown.</p>' if shown < total else ""
    return (
        f'<section><h2>{title}</h2><div class="scroll" tabindex="0" role="region" aria-label="{title}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{more}</section>"
    )


def _few(names: list[str], count: int) -> str:
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _duration(seconds: float) -> str:
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
