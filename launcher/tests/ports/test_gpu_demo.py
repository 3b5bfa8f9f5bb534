"""The demo's cards: the same moment looks the same, and what they show could be true."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from r3mes_launcher.core.state import GpuDriver, GpuSample
from r3mes_launcher.ports.clock import SystemClock
from r3mes_launcher.ports.gpu_demo import CARDS, DemoCard, DemoGpuSource, demo_sample

TIMES = st.floats(0, 4e9)
CARD = st.sampled_from(CARDS)


@settings(deadline=None)
@given(card=CARD, at=TIMES)
def test_every_figure_is_one_that_such_a_card_could_show(card: DemoCard, at: float) -> None:
    sample = demo_sample(card, at)
    assert sample == demo_sample(card, at)
    assert sample.memory_used_mb is not None and card.model_mb < sample.memory_used_mb < card.memory_mb
    assert sample.temperature_c is not None and card.coolest_c <= sample.temperature_c <= card.hottest_c
    assert sample.power_w is not None and card.idle_w <= sample.power_w <= card.limit_w
    assert sample.utilisation_percent is not None and 0 <= sample.utilisation_percent <= 100
    assert not sample.lost


@settings(deadline=None)
@given(card=CARD, at=TIMES)
def test_curves_have_no_jumps(card: DemoCard, at: float) -> None:
    before, after = demo_sample(card, at), demo_sample(card, at + 1)
    assert abs((after.temperature_c or 0) - (before.temperature_c or 0)) <= 3
    assert abs((after.utilisation_percent or 0) - (before.utilisation_percent or 0)) <= 20
    assert abs((after.memory_used_mb or 0) - (before.memory_used_mb or 0)) <= 400


def test_curves_are_alive_and_warmth_comes_after_load() -> None:
    samples: list[GpuSample] = [demo_sample(CARDS[0], 1_700_000_000 + second) for second in range(900)]
    load = [sample.utilisation_percent or 0 for sample in samples]
    warmth = [sample.temperature_c or 0 for sample in samples]
    assert max(load) - min(load) > 40 and max(warmth) - min(warmth) > 10

    def likeness(delay: int) -> float:
        pairs = list(zip(load, warmth[delay:], strict=False))
        mean_load = sum(first for first, _ in pairs) / len(pairs)
        mean_warmth = sum(second for _, second in pairs) / len(pairs)
        return sum((first - mean_load) * (second - mean_warmth) for first, second in pairs) / len(pairs)

    assert max(range(0, 60), key=likeness) in range(5, 45), "a card gets warm some seconds after its work"


def test_the_source_says_that_its_cards_are_simulated() -> None:
    source = DemoGpuSource(SystemClock())
    report = source.read()
    source.close()
    source.close()
    assert report.driver is GpuDriver.OK and "simulated" in report.message
    assert [gpu.uuid for gpu in report.gpus] == ["GPU-demo-0", "GPU-demo-1"]
    assert all("Demo" in gpu.name for gpu in report.gpus)
