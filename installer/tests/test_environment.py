"""Environments are made from a lock, count only when complete, and survive every interruption."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from r3mes_installer.cancellation import Cancellation
from r3mes_installer.environment import MARKER
from r3mes_installer.failure import Cancelled, Failure, FailureCode
from r3mes_installer.locks import Role
from r3mes_installer.pip_runner import ForeignPip


def _imports(python: Path, *modules: str) -> bool:
    return subprocess.run([str(python), "-I", "-c", f"import {','.join(modules)}"], check=False).returncode == 0


def test_makes_an_environment_with_the_checkouts_packages_on_its_path(bench: Any) -> None:
    environment = bench.environment(bench.lock(bench.wheel("alpha"), bench.wheel("beta")), imports=("alpha", "beta"))
    before = environment.plan()
    environment.provision(bench.recorder, Cancellation())

    assert not before.provisioned and before.download_bytes > 0 and before.disk_bytes > before.download_bytes
    assert environment.is_complete()
    assert environment.plan().python == str(environment.python)
    assert _imports(environment.python, "alpha", "beta", "r3mes_api", "r3mes_engine", "r3mes_launcher")
    assert ("Unpacking", 2, 2, "packages") in bench.recorder.steps or any(
        stage == "Downloading" and done == total for stage, done, total, _ in bench.recorder.steps
    )
    assert "Installing collected packages" in environment.log.read_text(encoding="utf-8")
    assert not (environment.path / "tmp").exists()


def test_a_complete_environment_is_taken_at_once(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = bench.environment(bench.lock(bench.wheel("alpha")))
    environment.provision(bench.recorder, Cancellation())
    monkeypatch.setattr(subprocess, "Popen", None)  # whoever starts a process now fails

    began = time.monotonic()
    again = bench.environment(environment.lock)
    again.provision(bench.recorder, Cancellation())

    assert again.path == environment.path
    assert time.monotonic() - began < 10


def test_a_damaged_environment_does_not_count_and_is_made_anew(bench: Any) -> None:
    environment = bench.environment(bench.lock(bench.wheel("alpha")))
    environment.provision(bench.recorder, Cancellation())
    marker = environment.path / MARKER
    whole = marker.read_text(encoding="utf-8")
    for damaged in ("", whole[:20], "[]", json.dumps({**json.loads(whole), "layout": 0})):
        marker.write_text(damaged, encoding="utf-8")
        assert not environment.is_complete()
    marker.write_text(whole, encoding="utf-8")
    assert environment.is_complete()
    environment.python.unlink()
    assert not environment.is_complete()

    environment.provision(bench.recorder, Cancellation())

    assert environment.is_complete()
    assert _imports(environment.python, "alpha")


def test_another_lock_python_or_checkout_is_another_environment(bench: Any) -> None:
    first = bench.environment(bench.lock(bench.wheel("alpha"), name="one"))
    other_lock = bench.environment(bench.lock(bench.wheel("alpha", "2.0"), name="two"))
    other_role = bench.environment(first.lock, role=Role.API_LITE)
    assert len({first.path, other_lock.path, other_role.path}) == 3


def test_the_last_but_one_environment_is_kept_and_older_ones_go(bench: Any) -> None:
    environment = bench.environment(bench.lock(bench.wheel("alpha")))
    others = {
        "launcher-older": {"checkout": str(bench.locations.checkout), "role": "launcher", "accelerator": "cpu"},
        "launcher-last": {"checkout": str(bench.locations.checkout), "role": "launcher", "accelerator": "cpu"},
        "launcher-of-another-checkout": {"checkout": "/elsewhere", "role": "launcher", "accelerator": "cpu"},
    }
    for age, (name, content) in enumerate(others.items()):
        marker = bench.locations.environments / name / MARKER
        marker.parent.mkdir(parents=True)
        marker.write_text(json.dumps(content), encoding="ascii")
        os.utime(marker, (1000 + age, 1000 + age))
    environment.provision(bench.recorder, Cancellation())

    left = {path.parent.name for path in bench.locations.environments.glob(f"*/{MARKER}")}
    assert left == {environment.path.name, "launcher-last", "launcher-of-another-checkout"}
    assert not (bench.locations.environments / "launcher-older").exists()


def test_a_full_disk_is_told_before_anything_is_made(bench: Any) -> None:
    environment = bench.environment(bench.lock(bench.wheel("alpha")), free=lambda _: 1_000_000)
    with pytest.raises(Failure, match="1 MB are free") as caught:
        environment.provision(bench.recorder, Cancellation())
    assert caught.value.code is FailureCode.NO_DISK
    assert not environment.path.exists()


def test_a_package_that_the_index_lacks_is_told(bench: Any) -> None:
    wheel = bench.wheel("alpha")
    lock = bench.lock(wheel)
    wheel.unlink()
    with pytest.raises(Failure) as caught:
        bench.environment(lock).provision(bench.recorder, Cancellation())
    assert caught.value.code is FailureCode.NO_BUILD


def test_a_package_with_another_content_is_refused(bench: Any) -> None:
    lock = bench.lock(bench.wheel("alpha"))
    bench.wheel("alpha")  # the same name and version again, other bytes
    environment = bench.environment(lock)
    with pytest.raises(Failure) as caught:
        environment.provision(bench.recorder, Cancellation())
    assert caught.value.code is FailureCode.HASH_MISMATCH
    assert not environment.is_complete()


def test_a_missing_network_is_told(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = bench.lock(bench.wheel("alpha"))
    environment = bench.environment(lock)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    # Port 9 of this computer: nothing answers there.
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(Failure) as caught:
        environment.provision(bench.recorder, Cancellation())
    assert caught.value.code is FailureCode.NO_NETWORK
    assert str(environment.log) in caught.value.hint


def test_something_installed_that_cannot_be_loaded_is_told(bench: Any) -> None:
    environment = bench.environment(bench.lock(bench.wheel("alpha")), imports=("alpha", "gamma"))
    with pytest.raises(Failure, match="gamma") as caught:
        environment.provision(bench.recorder, Cancellation())
    assert caught.value.code is FailureCode.BROKEN_ENVIRONMENT
    assert not environment.is_complete()


def test_a_data_directory_that_is_a_file_is_told(bench: Any) -> None:
    bench.locations.data.write_text("in the way", encoding="ascii")
    with pytest.raises(Failure) as caught:
        bench.environment(bench.lock(bench.wheel("alpha"))).provision(bench.recorder, Cancellation())
    assert caught.value.code is FailureCode.NO_PERMISSION
    assert "R3MES_HOME" in caught.value.hint


def test_cancelled_before_it_began_makes_nothing(bench: Any) -> None:
    environment = bench.environment(bench.lock(bench.wheel("alpha")))
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(Cancelled):
        environment.provision(bench.recorder, cancellation)
    assert not environment.is_complete()


def test_two_at_once_make_it_once(bench: Any) -> None:
    lock = bench.lock(bench.wheel("alpha"))
    environments = [bench.environment(lock), bench.environment(lock)]
    failures: list[Failure] = []

    def provision(make: Callable[[], None]) -> None:
        try:
            make()
        except Failure as failure:
            failures.append(failure)

    threads = [
        threading.Thread(target=provision, args=(lambda each=each: each.provision(bench.recorder, Cancellation()),))
        for each in environments
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len([sentence for sentence in bench.recorder.sentences if sentence.startswith("Creating")]) == 1


@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="no pip is installed beside this Python")
def test_an_installed_pip_serves_where_python_brings_none(bench: Any) -> None:
    environment = bench.environment(bench.lock(bench.wheel("alpha")), imports=("alpha",))
    environment._foreign_pip = lambda *_: ForeignPip(None)
    environment.provision(bench.recorder, Cancellation())
    assert environment.is_complete()


def test_a_path_that_is_not_ascii_works(bench: Any, tmp_path: Path) -> None:
    from r3mes_installer.locations import Locations

    checkout = tmp_path / "Ağ düğümü"
    bench.locations.checkout.rename(checkout)
    bench.locations = Locations(checkout, tmp_path / "verı")
    bench.bootstrap = type(bench.bootstrap)(
        "bootstrap", checkout / "installer" / "locks" / "bootstrap.txt", bench.bootstrap.content, bench.bootstrap.size
    )
    environment = bench.environment(bench.lock(bench.wheel("alpha")))
    environment.provision(bench.recorder, Cancellation())
    assert _imports(environment.python, "alpha", "r3mes_api", "r3mes_launcher")


def test_pips_settings_that_point_elsewhere_are_left_out(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = bench.root / "elsewhere"
    for name in ("PIP_TARGET", "PIP_PREFIX"):
        monkeypatch.setenv(name, str(elsewhere))
    monkeypatch.setenv("PIP_USER", "1")
    environment = bench.environment(bench.lock(bench.wheel("alpha")), imports=("alpha",))
    environment.provision(bench.recorder, Cancellation())
    assert environment.is_complete()
    assert not elsewhere.exists()
