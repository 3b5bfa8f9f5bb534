"""Tells the person what is worth telling: in the window, or by the desktop, as they chose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from r3mes_launcher.core.notifications import News, Route, Told, news, route_of
from r3mes_launcher.core.state import LauncherState
from r3mes_launcher.ports.notifier import Notifier
from r3mes_launcher.ui.core_wording import flaw_words, spoken
from r3mes_launcher.ui.language import translate
from r3mes_launcher.ui.preferences import Preferences
from r3mes_launcher.ui.suspend_wording import all_reasons
from r3mes_launcher.ui.wording import node_wording


class Announcer:
    def __init__(self, notifier: Notifier, say: Callable[[str], None]) -> None:
        """`say` shows a sentence in the window."""
        self._notifier = notifier
        self._say = say
        self._before: LauncherState | None = None
        self._told = Told()

    def start_over(self) -> None:
        """For another core: its first state is no change."""
        self._before = None
        self._told = Told()

    def show_state(self, state: LauncherState, preferences: Preferences, now: float) -> None:
        """`now` is seconds since the epoch."""
        before, self._before = self._before, state
        if before is None:
            return
        self._told, found = news(before, state, self._told, now)
        hour = datetime.fromtimestamp(now).hour
        for each in found:
            way = route_of(each, preferences.routes, hour, preferences.quiet)
            title, sentence = news_wording(each, state, now)
            # What the demo plays is no news of this computer: it stays in the window, under the banner.
            if way is Route.DESKTOP and not state.demo and self._notifier.tell(title, sentence):
                continue
            if way is not Route.OFF:
                self._say(f"{title}. {sentence}".strip())


def news_wording(each: News, state: LauncherState, now: float) -> tuple[str, str]:
    """A title and a sentence, without markup."""
    why = node_wording(state.node, now).sentence
    match each:
        case News.FAULT:
            return translate("News", "This computer stopped serving"), why
        case News.TOO_HOT:
            return translate("News", "A GPU is too hot"), translate("News", "Serving pauses until it has cooled down.")
        case News.GATEWAY_LOST:
            return translate("News", "The gateway does not answer"), spoken(state.gateway.message)
        case News.NEEDS_YOU:
            return translate("News", "Serving is paused and needs you"), all_reasons(state.policy.reasons, now)
        case News.GPU_FLAW:
            words = " ".join(flaw_words(flaw) for flaw in state.doctor.flaws)
            return translate("News", "Something is wrong with a GPU"), words
        case News.PAUSED:
            return translate("News", "Serving is paused"), why
        case News.BACK:
            return translate("News", "This computer serves again"), ""
