"""A diagnostics bundle that comes back is read whole; one that is hostile is refused or harmless."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r3mes_launcher.core.bundle.bundle import BundleFacts, bundle_files, write_zip
from r3mes_launcher.core.bundle.redaction import Redaction
from r3mes_launcher.core.doctor.report import Check, DoctorReport, Verdict
from r3mes_launcher.core.history.timeline import Kind, timeline
from r3mes_launcher.core.policy.reasons import SENTENCES, ActiveReason, SuspendReason
from r3mes_launcher.core.recording.bundle_core import MOST_BEATS, PLAYED_S, bundle_spans, bundle_start
from r3mes_launcher.core.recording.bundle_reader import (
    LATEST,
    MAX_DOCUMENT_BYTES,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_STATES,
    BundleError,
    RecordedState,
    read_bundle,
    reason_of,
)
from r3mes_launcher.core.settings import Settings
from r3mes_launcher.core.state import (
    Actual,
    Desired,
    Fault,
    GatewayState,
    LauncherState,
    LogLevel,
    LogLine,
    NodeState,
    ProcessState,
)

T = 1_767_225_600.0
HOT = ActiveReason(
    SuspendReason.TEMPERATURE, "temperature", (("gpu", "Fine Card"), ("celsius", 88), ("resume", 70)), T + 3000
)
FAULT = Fault("no_usable_gpu", "The engine found no GPU that it can use.", "See the GPUs page.")
REPORT = DoctorReport(T + 5001, "0.1.0", (Check("python", Verdict.OK, "python_ok", {"version": "3.13.1"}),))


def state(actual: Actual, **values: Any) -> LauncherState:
    node = NodeState(desired=Desired.SERVING, actual=actual, model="SmolLM2", device="Fine Card", **values)
    return LauncherState(node=node, gateway=GatewayState(url="http://127.0.0.1:8080", mode="remote", reachable=True))


STATES = (
    (T, state(Actual.STARTING)),
    (T + 60, state(Actual.SERVING, engine=ProcessState(True, 4711, T + 1, 2, "ended with code 1"))),
    (T + 600, state(Actual.SERVING, total_requests=1, total_tokens=120)),
    (T + 3000, state(Actual.SUSPENDED, reason=HOT.sentence, suspended=(HOT,), total_requests=1)),
    (T + 3600, state(Actual.SERVING, total_requests=1)),
    (T + 5000, state(Actual.FAULTED, fault=FAULT, total_requests=1)),
)
LINES = (
    LogLine(T, "launcher", LogLevel.INFO, "R3MES launcher"),
    LogLine(T + 599, "engine", LogLevel.INFO, "Request a1: stop, 120 tokens in 4012 ms."),
    LogLine(T + 5000, "engine", LogLevel.ERROR, "no GPU"),
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    facts = BundleFacts(STATES[-1][1], STATES, Settings(), REPORT, LINES, tmp_path / "none")
    path = tmp_path / "bundle.zip"
    write_zip(path, bundle_files(facts, Redaction((), [], [])))
    return path


@pytest.fixture
def packed(tmp_path: Path) -> Callable[..., Path]:
    def pack(files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
        path = tmp_path / "sent.zip"
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return path

    return pack


def test_what_was_saved_is_read_again(saved: Path) -> None:
    bundle = read_bundle(saved)
    assert bundle.name == "bundle.zip" and bundle.version and bundle.system
    assert [each.at for each in bundle.states] == [at for at, _ in STATES]
    for each, (_, was) in zip(bundle.states, STATES, strict=True):
        assert (each.node.desired, each.node.actual, each.node.reason) == (
            was.node.desired, was.node.actual, was.node.reason,
        )  # fmt: skip
        assert each.node.fault == was.node.fault and each.node.total_requests == was.node.total_requests
        assert [reason.sentence for reason in each.node.suspended] == [r.sentence for r in was.node.suspended]
        assert (each.gateway.url, each.gateway.reachable) == (was.gateway.url, True)
    assert bundle.states[1].node.engine == ProcessState(True, 4711, T + 1, 2, "ended with code 1")
    assert bundle.lines == LINES
    assert bundle.report is not None and bundle.report.checks == REPORT.checks
    assert (bundle.begin, bundle.end) == (T, T + 5001)
    (request,) = bundle.requests()
    assert (request.job, request.outcome, request.completion_tokens, request.duration_ms, request.model) == (
        "a1", "stop", 120, 4012, "SmolLM2",
    )  # fmt: skip


def test_its_situations_are_those_of_the_launcher_that_made_it(saved: Path) -> None:
    bundle = read_bundle(saved)
    kinds = [stretch.kind for stretch in timeline(bundle_spans(bundle), T, T + 5000)]
    assert kinds == [Kind.STARTING, Kind.WAITING, Kind.ANSWERING, Kind.WAITING, Kind.SUSPENDED, Kind.WAITING]
    assert bundle_start(bundle) == T + 5001 - PLAYED_S


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_sentence_leads_back_to_its_code(code: str) -> None:
    class Filled(dict[str, object]):
        def __missing__(self, key: str) -> str:
            return f"the {key}"

    sentence = SENTENCES[code].format_map(Filled())
    found = reason_of(SuspendReason.PAUSE, sentence, 5.0)
    assert found is not None and found.code == code and found.sentence == sentence


def test_a_sentence_of_another_version_is_left_out() -> None:
    assert reason_of(SuspendReason.PAUSE, "Something quite new.", None) is None
    assert reason_of(SuspendReason.PAUSE, "", None) is None
    assert reason_of(SuspendReason.PAUSE, " uses  MB of " * 20_000, None) is None


def test_a_file_that_is_no_bundle_is_refused_in_a_sentence(tmp_path: Path, packed: Callable[..., Path]) -> None:
    with pytest.raises(BundleError, match="can't be read"):
        read_bundle(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(BundleError, match="no diagnostics bundle"):
        read_bundle(tmp_path / "text.zip")
    with pytest.raises(BundleError, match=r"no status\.json"):
        read_bundle(packed({"photo.jpg": b"\xff\xd8"}))
    with pytest.raises(BundleError, match="holds 201 files"):
        read_bundle(packed({f"{number}.txt": "" for number in range(MAX_FILES + 1)}))


def test_a_bomb_is_not_unpacked(packed: Callable[..., Path]) -> None:
    path = packed({"status.json": "{}", "logs.jsonl": b"\0" * (MAX_FILE_BYTES + 1)})
    assert path.stat().st_size < 100_000
    with pytest.raises(BundleError, match="larger than"):
        read_bundle(path)


def test_a_document_of_brackets_is_not_read(packed: Callable[..., Path]) -> None:
    brackets = "[" + "[]," * (MAX_DOCUMENT_BYTES // 3) + "[]]"
    with pytest.raises(BundleError, match=r"status\.json in this bundle is larger than"):
        read_bundle(packed({"status.json": brackets}))
    line = '{"at": 1, "process": "engine", "level": "info", "text": "kept", "more": %s}'
    log = "\n".join([line % "1", line % brackets])
    assert [line.text for line in read_bundle(packed({"status.json": "{}", "logs.jsonl": log})).lines] == ["kept"]


def test_of_states_without_number_the_last_are_kept(packed: Callable[..., Path]) -> None:
    states = "\n".join(f'{{"at": {at}, "status": {{}}}}' for at in range(MAX_STATES + 7))
    bundle = read_bundle(packed({"status.json": "{}", "states.jsonl": states}))
    assert len(bundle.states) == MAX_STATES and bundle.begin == 7


def test_a_size_that_is_told_too_small_does_not_help(packed: Callable[..., Path]) -> None:
    path = packed({"status.json": "{}", "logs.jsonl": b"\0" * (MAX_FILE_BYTES + 1)})
    data = path.read_bytes()
    size = (MAX_FILE_BYTES + 1).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (5).to_bytes(4, "little")))
    with pytest.raises(BundleError):
        read_bundle(path)


def test_names_that_lead_outside_are_nobodys_paths(packed: Callable[..., Path], tmp_path: Path) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    path = packed({"status.json": "{}", "../evil.txt": "x", "/etc/evil": "x", "C:\\evil": "x", "running/../../e": "x"})
    bundle = read_bundle(path)
    assert bundle.states == (RecordedState(0.0, bundle.states[0].node, bundle.states[0].gateway),)
    assert sorted(path.name for path in tmp_path.iterdir()) == [*before, "sent.zip"]


def test_a_file_that_is_there_twice_or_packed_strangely_is_refused(packed: Callable[..., Path], tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("status.json", "{}")
        archive.writestr("status.json", "[]")
    with pytest.raises(BundleError, match="twice"):
        read_bundle(path)
    with pytest.raises(BundleError, match="packed in a way"):
        read_bundle(packed({"status.json": "{}"}, zipfile.ZIP_LZMA))


def test_text_becomes_plain_text_and_short(packed: Callable[..., Path]) -> None:
    evil = "\x1b[31mred\u202e<b>x</b>\0" + "y" * 100_000
    status = {"node": {"reason": evil, "model": evil}, "gateway": {"url": evil}}
    bundle = read_bundle(packed({"status.json": json.dumps(status), "logs.jsonl": json.dumps(
        {"at": T, "process": "engine", "level": "none", "text": evil})}))  # fmt: skip
    shown = bundle.states[0]
    for text in (shown.node.reason, shown.node.model, shown.gateway.url, bundle.lines[0].text):
        assert len(text) <= 2000 and "\x1b" not in text and "\u202e" not in text and "\0" not in text
    assert bundle.lines[0].level is LogLevel.INFO


def test_a_report_with_words_of_another_version_is_left_out(packed: Callable[..., Path]) -> None:
    report = {"at": T, "version": "9", "checks": [
        {"code": "python", "verdict": "ok", "finding": "python_ok", "values": {}, "fix": None}]}  # fmt: skip
    assert read_bundle(packed({"status.json": "{}", "doctor.json": json.dumps(report)})).report is None


def test_of_a_record_of_a_thousand_years_the_last_hour_is_played(packed: Callable[..., Path]) -> None:
    states = [{"at": at, "status": {"node": {"actual": "serving"}}} for at in (0, LATEST, LATEST + 1, 1e400)]
    text = "\n".join(json.dumps(each) for each in states)
    bundle = read_bundle(packed({"status.json": "{}", "states.jsonl": text}))
    assert [each.at for each in bundle.states] == [0, LATEST]
    assert bundle_start(bundle) == LATEST - PLAYED_S
    assert len(bundle_spans(bundle)) <= 2 * MOST_BEATS


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = ("node", "engine", "gateway", "desired", "actual", "reason", "suspended", "fault", "pid", "started_at", "url")
STATUS = st.dictionaries(st.sampled_from(NAMES), st.dictionaries(st.sampled_from(NAMES), JUNK, max_size=8) | JUNK)


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(status=STATUS, lines=st.lists(st.fixed_dictionaries({"at": JUNK, "status": STATUS}), max_size=4), other=JUNK)
def test_whatever_the_json_says_it_is_read_or_refused(
    packed: Callable[..., Path], status: Any, lines: list[Any], other: Any
) -> None:
    files = {
        "status.json": json.dumps(status),
        "states.jsonl": "\n".join(json.dumps(line) for line in lines),
        "logs.jsonl": json.dumps(other),
        "doctor.json": json.dumps(other),
        "versions.json": json.dumps(other),
    }
    bundle = read_bundle(packed(files))
    assert bundle.states and bundle.begin <= bundle.end
    assert all(0 <= each.at <= LATEST for each in bundle.states)
    if bundle.end - bundle.begin < 1e6:
        bundle_spans(bundle)
