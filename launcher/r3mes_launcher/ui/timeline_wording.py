"""A stretch of the node's day in words and colour. Pure functions; times and values are passed in."""

from __future__ import annotations

from datetime import datetime

from r3mes_launcher.core.history.timeline import Kind, Stretch
from r3mes_launcher.ui import core_wording, figures
from r3mes_launcher.ui.language import translate
from r3mes_launcher.ui.suspend_wording import all_reasons
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wording import Wording

TONES = {
    Kind.ANSWERING: Tone.GOOD,
    Kind.WAITING: Tone.BUSY,
    Kind.CONNECTING: Tone.WARNING,
    Kind.STARTING: Tone.WARNING,
    Kind.SUSPENDED: Tone.WARNING,
    Kind.FAULT: Tone.BAD,
    Kind.RECOVERING: Tone.BAD,
    Kind.STOPPING: Tone.NEUTRAL,
    Kind.OFF: Tone.NEUTRAL,
    Kind.ASLEEP: Tone.NEUTRAL,
    Kind.NOT_RUNNING: Tone.NEUTRAL,
    Kind.UNKNOWN: Tone.NEUTRAL,
}


def stretch_wording(stretch: Stretch) -> Wording:
    title, sentence = _words(stretch.kind)
    if stretch.reasons:
        sentence = all_reasons(stretch.reasons, stretch.since)
    elif stretch.detail:
        sentence = core_wording.spoken(stretch.detail)
    return Wording(title, TONES[stretch.kind], sentence)


def spoken(stretch: Stretch) -> str:
    """`14:05 to 14:20, 15 min 00 s: Paused. The GPU is used by another program.`"""
    words = stretch_wording(stretch)
    return translate("Timeline", "{since} to {until}, {duration}: {what}. {why}").format(
        since=hour(stretch.since),
        until=hour(stretch.until),
        duration=figures.duration(stretch.seconds),
        what=words.title,
        why=words.sentence,
    )


def hour(at: float) -> str:
    """Local time of day without seconds: a day is not read more closely."""
    return datetime.fromtimestamp(at).strftime("%H:%M")


def _words(kind: Kind) -> tuple[str, str]:
    match kind:
        case Kind.ANSWERING:
            return translate("Timeline", "Answering"), translate("Timeline", "Requests came and were answered.")
        case Kind.WAITING:
            return (
                translate("Timeline", "Waiting for work"),
                translate("Timeline", "The node was ready and connected; the gateway had no request for it."),
            )
        case Kind.CONNECTING:
            return (
                translate("Timeline", "Not connected"),
                translate("Timeline", "The engine ran, but had no session with the gateway."),
            )
        case Kind.STARTING:
            return translate("Timeline", "Starting"), translate("Timeline", "The engine was being started.")
        case Kind.SUSPENDED:
            return translate("Timeline", "Suspended"), translate("Timeline", "A reason stood against serving.")
        case Kind.FAULT:
            return translate("Timeline", "Fault"), translate("Timeline", "The node could not run.")
        case Kind.RECOVERING:
            return (
                translate("Timeline", "Recovering"),
                translate("Timeline", "The engine ended by itself and was started again after a pause."),
            )
        case Kind.STOPPING:
            return translate("Timeline", "Stopping"), translate("Timeline", "The last requests were being finished.")
        case Kind.OFF:
            return translate("Timeline", "Switched off"), translate("Timeline", "It waited to be switched on.")
        case Kind.ASLEEP:
            return translate("Timeline", "Asleep"), translate("Timeline", "The computer slept.")
        case Kind.NOT_RUNNING:
            return translate("Timeline", "Not running"), translate("Timeline", "The launcher was not running.")
        case Kind.UNKNOWN:
            return translate("Timeline", "Not recorded"), translate("Timeline", "The record begins later.")
