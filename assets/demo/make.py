"""Writes the recorded day that the demo plays: `python assets/demo/make.py`.

It is made and not measured: two cards of a node that serves a small network for a day, with the traffic of a day, two
programs that want a card, a gateway that is away for some minutes, an engine that breaks, and a fan that stops.
There is one seed, so that the same file comes out every time.
r3mes_launcher/core/recording/recorded_day.py describes the format.
"""

from __future__ import annotations

import gzip
import json
import math
import random
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("day.jsonl.gz")
SEED = 20260314
HOUR_S = 3600.0
LENGTH_S = 24 * HOUR_S
OPENS_AT = 13 * HOUR_S
SAMPLE_S = 60.0

# fmt: off
CARDS: tuple[dict[str, Any], ...] = (
    {"name": "Demo GPU 24 GB", "memory": 24576, "model": 15100, "idle": 640, "idle_w": 22, "limit_w": 350,
     "cool": 36, "hot": 80},
    {"name": "Demo GPU 12 GB", "memory": 12288, "model": 7400, "idle": 380, "idle_w": 14, "limit_w": 200,
     "cool": 33, "hot": 75},
)
# fmt: on
FOLLOW_S = 240.0
"""How slowly the temperature follows the load."""

USES = (
    {"at": 7.4 * HOUR_S, "until": 8.3 * HOUR_S, "card": 1, "program": "racing-game", "memory_mb": 6900},
    {"at": 14.2 * HOUR_S, "until": 14.6 * HOUR_S, "card": 0, "program": "blender", "memory_mb": 9400},
)
LOSSES = (
    {"at": 3.1 * HOUR_S, "until": 3.2 * HOUR_S, "reason": "the gateway was updated"},
    {"at": 15.6 * HOUR_S, "until": 15.7 * HOUR_S, "reason": "the connection broke"},
)
FAULTS = (
    {
        "at": 16.8 * HOUR_S,
        "code": "cuda_error",
        "message": "The GPU reported an illegal memory access.",
        "hint": "If this comes back, lower the card's clock, or test its memory.",
    },
)
FAN = (18.3 * HOUR_S, 18.5 * HOUR_S)
"""One fan of the first card stops, and starts again."""
RESTART_S = 300.0
COOLING_S = 420.0

ADAPTERS = ("", "", "", "turkish-law", "poetry", "support-desk")
OUTCOMES = ("stop",) * 22 + ("length",) * 3 + ("cancelled", "capacity")


def away() -> list[tuple[float, float]]:
    """When the node does not serve."""
    spans = [(use["at"], use["until"] + RESTART_S) for use in USES]
    spans += [(loss["at"], loss["until"]) for loss in LOSSES]
    spans += [(fault["at"], fault["at"] + RESTART_S) for fault in FAULTS]
    spans.append((FAN[0] + 400, FAN[1] + COOLING_S))
    return sorted((float(begin), float(end)) for begin, end in spans)


def requests(chance: random.Random) -> list[tuple[int, list[Any]]]:
    """Each with its card. Traffic follows the day: least at 5 o'clock, most at 20 o'clock."""
    gone, made, at = away(), [], 0.0
    while True:
        busy = 0.5 - 0.5 * math.cos(2 * math.pi * (at / HOUR_S - 6.0) / 24)
        at += -math.log(1.0 - chance.random()) * 60 / (0.9 + 3.1 * busy)
        outcome = OUTCOMES[int(chance.random() * len(OUTCOMES))]
        prompt = 12 + int(900 * chance.random() ** 2)
        tokens = 16 + int(620 * chance.random() ** 1.6)
        first = 60 + int(prompt * 0.22) + int(120 * chance.random())
        adapter = ADAPTERS[int(chance.random() * len(ADAPTERS))]
        card = 0 if chance.random() < 0.64 else 1
        took = first + int(tokens * (17 + 9 * chance.random()) * (1 if card == 0 else 1.6))
        if outcome == "capacity":
            tokens, first, took, adapter = 0, None, 2, ""
        elif outcome == "cancelled":
            part = 0.1 + 0.7 * chance.random()
            tokens, took = int(tokens * part), first + int((took - first) * part)
        end = at + took / 1000
        if end >= LENGTH_S:
            return made
        if not any(begin - 2 <= end and at <= until for begin, until in gone):
            made.append((card, [round(end, 2), prompt, tokens, first, took, outcome, adapter]))


def figures(chance: random.Random, asked: list[tuple[int, list[Any]]]) -> list[list[list[float]]]:
    """Sample by sample, card by card: utilisation, memory, temperature, power."""
    gone = away()
    count = int(LENGTH_S / SAMPLE_S)
    work = [[0.0] * count for _ in CARDS]
    for card, (end, _, _, _, took, _, _) in asked:
        work[card][int((end - took / 1000) / SAMPLE_S)] += took / 1000
    warmth, rows = [0.3] * len(CARDS), []
    # The first turn brings the warmth to what the day's end leaves.
    for turn in range(2):
        for place in range(count):
            now, row = place * SAMPLE_S, []
            serving = not any(begin <= now < end for begin, end in gone)
            for index, card in enumerate(CARDS):
                use = next((use for use in USES if use["card"] == index and use["at"] <= now < use["until"]), None)
                noise = chance.random() if turn else 0.5
                load = min(1.0, 0.12 + work[index][place] / SAMPLE_S * 1.5 + 0.1 * noise) if serving else 0.0
                load = 0.82 + 0.12 * noise if use is not None else load
                warmth[index] += (load - warmth[index]) * (1 - math.exp(-SAMPLE_S / FOLLOW_S))
                celsius = card["cool"] + (card["hot"] - card["cool"]) * warmth[index]
                if index == 0 and FAN[0] <= now < FAN[1] + COOLING_S:
                    celsius += fan_heat(now)
                memory = card["idle"] + (card["model"] + 2600 * load if serving else 0)
                memory += use["memory_mb"] if use is not None else 0
                power = card["idle_w"] + 0.92 * (card["limit_w"] - card["idle_w"]) * load**0.8
                row.append([round(100 * load), round(memory), round(celsius, 1), round(power, 1)])
            if turn:
                rows.append(row)
    return rows


def fan_heat(now: float) -> float:
    """Degrees on top: up within five minutes, and down again when the fan turns."""
    rise = 36.0 * min(1.0, (now - FAN[0]) / 300)
    return rise if now < FAN[0] + 420 else rise * max(0.0, 1 - (now - FAN[0] - 420) / 480)


def lines() -> list[str]:
    chance = random.Random(SEED)
    asked = requests(chance)
    rows = figures(chance, asked)
    head = {
        "format": "r3mes-recorded-day",
        "version": 1,
        "length_s": LENGTH_S,
        "opens_at": OPENS_AT,
        "sample_s": SAMPLE_S,
        "model": "demo-8b-instruct",
        "units_per_token": 14,
        "cards": [
            {
                "uuid": f"GPU-demo-{index}",
                "name": card["name"],
                "compute_capability": "8.9",
                "memory_total_mb": card["memory"],
                "power_limit_w": card["limit_w"],
                "idle": [0, card["idle"], card["cool"], card["idle_w"]],
            }
            for index, card in enumerate(CARDS)
        ],
    }
    records: list[dict[str, Any]] = [head]
    records += [{"use": use} for use in USES]
    records += [{"loss": loss} for loss in LOSSES]
    records += [{"fault": fault} for fault in FAULTS]
    records += [{"figures": row} for row in rows]
    records += [{"request": values} for _, values in asked]
    return [json.dumps(record, separators=(",", ":")) for record in records]


def main() -> None:
    data = "".join(line + "\n" for line in lines()).encode()
    # Without a time and a name: the same bytes every time.
    PATH.write_bytes(gzip.compress(data, 9, mtime=0))
    print(f"{PATH}: {len(data)} bytes, packed {PATH.stat().st_size}")


if __name__ == "__main__":
    main()
