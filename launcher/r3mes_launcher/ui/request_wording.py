"""What became of a request, in words and colour. Pure functions."""

from __future__ import annotations

from r3mes_launcher.core.history.request_record import OutcomeKind, RequestRecord
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.language import translate
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wording import Wording


def outcome_wording(record: RequestRecord) -> Wording:
    """A word for the table, and the sentence behind it."""
    tone = {
        OutcomeKind.ANSWERED: Tone.GOOD,
        OutcomeKind.CANCELLED: Tone.NEUTRAL,
        OutcomeKind.REFUSED: Tone.WARNING,
        OutcomeKind.FAILED: Tone.BAD,
    }[record.kind]
    title, sentence = _words(record.outcome)
    if not title:
        # A code of a newer engine: better raw than not at all.
        title, sentence = record.outcome, ""
    return Wording(title, tone, sentence)


def _words(outcome: str) -> tuple[str, str]:
    match outcome:
        case "stop" | "content_filter" | "tool_calls":
            return translate("Requests", "Answered"), translate("Requests", "The answer came to its own end.")
        case "length":
            return (
                translate("Requests", "Answered, at its limit"),
                translate("Requests", "The answer ended at the number of tokens that was asked for."),
            )
        case "cancelled":
            return (
                translate("Requests", "Cancelled"),
                translate("Requests", "The user went away or stopped it. What was made until then counts."),
            )
        case "capacity":
            return (
                translate("Requests", "Refused: full"),
                translate("Requests", "The node was full; the gateway asks another one."),
            )
        case "draining":
            return (
                translate("Requests", "Refused: stopping"),
                translate("Requests", "The node was finishing its last requests."),
            )
        case "model_not_found" | "adapter_not_found":
            return (
                translate("Requests", "Refused: not here"),
                translate("Requests", "The model or the adapter that was asked for is not on this node."),
            )
        case "invalid_request":
            return (
                translate("Requests", "Refused: invalid"),
                translate("Requests", "The request asked for something that can't be done."),
            )
        case "context_too_long":
            return (
                translate("Requests", "Refused: too long"),
                translate("Requests", "The conversation is longer than the model's context."),
            )
        case "deadline":
            return (
                translate("Requests", "Too late"),
                translate("Requests", "It was not done in the time that the gateway gives. A busy or slow node."),
            )
        case "out_of_memory":
            return (
                translate("Requests", "Out of memory"),
                translate(
                    "Requests", "The GPU's memory was full. Close other programs that use it, or serve less at once."
                ),
            )
        case "engine_error" | "failed":
            return (
                translate("Requests", "Failed"),
                translate("Requests", "The engine met an error; its lines in the log say which."),
            )
    return "", ""


def milliseconds(value: int | None) -> str:
    """`80 ms`, `2.4 s`, `3 min 20 s`; an en dash where there is nothing."""
    if value is None:
        return "–"
    if value < 1000:
        return translate("Requests", "{count} ms").format(count=value)
    if value < 60_000:
        return translate("Requests", "{count} s").format(count=figures.rate(value / 1000))
    return figures.duration(value / 1000)
