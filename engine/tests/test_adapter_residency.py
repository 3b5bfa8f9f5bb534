from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from r3mes_engine.adapters.residency import Residency


def test_the_longest_unused_leaves_first_and_what_runs_stays() -> None:
    memory: Residency[str] = Residency(10)
    for name in "abc":
        memory.enter(name, 3)
    memory.lease("a")
    memory.end_lease("a")
    assert memory.leavers(1) == ()
    assert memory.leavers(3) == ("b",)
    memory.lease("b")
    assert memory.leavers(3) == ("c",)
    assert memory.leavers(7) == ("c", "a")
    assert memory.leavers(8) is None
    assert memory.free_places(1) == 1


@given(st.lists(st.tuples(st.sampled_from("ulre"), st.sampled_from("abcdef"), st.integers(0, 8)), max_size=60))
def test_the_memory_is_never_overdrawn_and_nobody_leaves_while_in_use(steps: list[tuple[str, str, int]]) -> None:
    memory: Residency[str] = Residency(12)
    sizes: dict[str, int] = {}
    leases: dict[str, int] = {}
    used: list[str] = []
    for what, key, size in steps:
        if what == "u" and key not in memory:
            leavers = memory.leavers(size)
            if leavers is None:
                assert size + sum(sizes[other] for other in leases) > 12
                continue
            assert not set(leavers) & set(leases)
            assert list(leavers) == [one for one in used if one in leavers]
            for leaver in leavers:
                memory.leave(leaver)
                used.remove(leaver)
                del sizes[leaver]
            memory.enter(key, size)
            sizes[key] = size
            used.append(key)
        elif what == "l" and key in memory:
            memory.lease(key)
            leases[key] = leases.get(key, 0) + 1
            used.remove(key)
            used.append(key)
        elif what == "r" and key in leases:
            memory.end_lease(key)
            leases[key] -= 1
            if not leases[key]:
                del leases[key]
        assert memory.used == sum(sizes.values()) <= 12
        assert set(memory.keys) == set(sizes)
        assert all(memory.leased(one) for one in leases)
