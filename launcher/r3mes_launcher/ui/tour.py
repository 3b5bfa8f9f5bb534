"""The guided tour of the demo: which page each step shows, and what it says there. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from r3mes_launcher.ui.language import translate


@dataclass(frozen=True, slots=True)
class Step:
    page: str
    """The name of the page's icon, which stays the same in every language."""
    title: str
    text: str
    part: str = ""
    """The part of the page that it speaks of, where that may lie outside the view."""


def steps() -> tuple[Step, ...]:
    """In the language of the moment."""
    return (
        Step(
            "home",
            translate("Tour", "A node at work"),
            translate(
                "Tour",
                "The switch on this page starts and stops the node; beside it stands what the node does and why. Here "
                "a recorded day runs by: one second is one minute. Requests come, a program wants the GPU, the engine "
                "breaks once, a card gets too hot. The node deals with all of it by itself.",
            ),
        ),
        Step(
            "home",
            translate("Tour", "Why am I not earning?"),
            translate(
                "Tour",
                "The bar further down explains every minute of the last 24 hours. Move the mouse over it, or press the "
                "arrow keys on it: each colour has a sentence. “Show as a list” tells the same in words.",
            ),
            "timeline",
        ),
        Step(
            "gpu",
            translate("Tour", "The cards"),
            translate(
                "Tour",
                "Memory, temperature, power and load of every card. Choose “24 hours” at the top to see the whole day "
                "and the energy that it took. A card that is too hot pauses serving until it has cooled down.",
            ),
        ),
        Step(
            "earnings",
            translate("Tour", "What it brings"),
            translate(
                "Tour",
                "What the node earned, day by day, what is still pending, and what is left after electricity at your "
                "own prices. The prices of the demo are made up, as its coins are.",
            ),
        ),
        Step(
            "requests",
            translate("Tour", "What was asked"),
            translate(
                "Tour",
                "Every request that this node served, with its outcome and its times. Prompts and answers are never "
                "kept. The list can be filtered and saved.",
            ),
        ),
        Step(
            "chat",
            translate("Tour", "Ask something"),
            translate(
                "Tour",
                "Type a question and press Enter. The gateway that comes with R3MES answers on this computer, word by "
                "word, with made-up words: no model was downloaded for the demo.",
            ),
        ),
        Step(
            "wallet",
            translate("Tour", "A wallet without risk"),
            translate(
                "Tour",
                "Make a wallet and get coins from the demo's chain. They are worth nothing, and a wallet that is made "
                "here can sign for no real network. Everything else is as it will be: words, password, confirmation.",
            ),
        ),
        Step(
            "stake",
            translate("Tour", "Roles and stakes"),
            translate(
                "Tour",
                "What each role of the network asks for, what you staked, and the permission that your wallet gives to "
                "this computer's node.",
            ),
        ),
        Step(
            "logs",
            translate("Tour", "What happened in detail"),
            translate(
                "Tour",
                "The words of launcher, engine and gateway in one place. Filter by level or process, or search.",
            ),
        ),
        Step(
            "doctor",
            translate("Tour", "When something is wrong"),
            translate(
                "Tour",
                "The doctor looks at driver, memory, disk, clock, network and more, and says what to do. The "
                "diagnostics bundle holds what somebody who helps needs to know, and nothing that is secret.",
            ),
        ),
        Step(
            "settings",
            translate("Tour", "On your terms"),
            translate(
                "Tour",
                "When this computer serves: by the clock, on mains only, not while you play or work, never above a "
                "temperature. “Leave the demo” at the top brings you to your own node.",
            ),
        ),
    )
