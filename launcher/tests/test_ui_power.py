"""Power and price: what is typed is what holds, bands are added and taken away, a refusal stays beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest

from r3mes_launcher.core.earnings.tariff import MAX_BANDS, TariffBand
from r3mes_launcher.core.settings import Settings, SettingsStore
from r3mes_launcher.core.settings_desk import SettingsDesk
from r3mes_launcher.core.settings_paths import checked
from r3mes_launcher.ui.pages import SETTINGS

NIGHT = {"days": [0, 1, 2, 3, 4], "from_hour": 22, "until_hour": 6, "price": "0.12"}


class Core:
    """Changes real settings in a real file."""

    def __init__(self, store: SettingsStore) -> None:
        self._store = store
        self.settings = SettingsDesk(store)

    async def change_settings(self, values: Mapping[str, Any]) -> Settings:
        checked(self._store.current, dict(values))
        self._store.change(**values)
        return self._store.current


@pytest.fixture
def card(window: Any, intents: Any, store: SettingsStore) -> Any:
    intents.answer_by(Core(store))
    window.go_to(SETTINGS)
    return window.pages.settings.sections.power


def write(field: Any, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_prices_are_typed_with_either_mark_and_kept_exactly(card: Any, store: SettingsStore, tmp_path: Path) -> None:
    write(card.currency, "TRY")
    write(card.price, "2,345")
    write(card.coin, "0.0001")
    held = store.current
    assert (held.electricity_currency, held.electricity_price, held.remes_price) == (
        "TRY", Decimal("2.345"), Decimal("0.0001"),
    )  # fmt: skip
    again = SettingsStore(tmp_path / "settings.json", lambda *_: None)
    again.load()
    assert again.current == held
    card.coin.setFocus()
    card.coin.selectAll()
    QTest.keyClick(card.coin, Qt.Key.Key_Delete)
    QTest.keyClick(card.coin, Qt.Key.Key_Return)
    assert store.current.remes_price == 0, "nothing typed is no price"


def test_what_is_no_price_stays_where_it_was_typed(card: Any, store: SettingsStore) -> None:
    write(card.price, "a lot")
    assert "Type a price such as 0.30" in card.note and card.price.text() == "a lot"
    assert card.price.accessibleDescription() == card.note
    assert store.current.electricity_price == 0
    write(card.price, "0.3")
    assert card.note == "" and store.current.electricity_price == Decimal("0.3")
    write(card.price, "5000")
    assert card.note and store.current.electricity_price == Decimal("0.3"), "more than the settings take"


def test_bands_are_added_changed_and_taken_away(card: Any, store: SettingsStore) -> None:
    write(card.price, "0.3")
    card.add.click()
    [band] = store.current.electricity_bands
    assert (band.from_hour, band.until_hour, band.price) == (22, 6, Decimal("0.3"))
    row = card.rows[0]
    row.days.setCurrentText("Monday to Friday")
    row.days.activated.emit(row.days.currentIndex())
    write(card.rows[0].price, "0,12")
    assert [one.model_dump(mode="json") for one in store.current.electricity_bands] == [NIGHT]
    card.add.click()
    assert len(card.rows) == len(store.current.electricity_bands) == 2
    names = [card.rows[1].start.accessibleName(), card.rows[1].remove.accessibleName()]
    assert names == ["Band 2 from", "Remove band 2"]
    card.rows[0].remove.click()
    assert len(card.rows) == 1 and store.current.electricity_bands[0].price == Decimal("0.3")


def test_tab_goes_down_the_card_through_its_bands(card: Any) -> None:
    card.add.click()
    card.add.click()
    QCoreApplication.processEvents()  # a layout shows what it was given in a later turn
    card.coin.setFocus()
    reached = [card.coin]
    while reached[-1] is not card.add and len(reached) < 20:
        QTest.keyClick(reached[-1], Qt.Key.Key_Tab)
        reached.append(card.window().focusWidget())
    assert reached == [card.coin, *card.rows[0].fields, *card.rows[1].fields, card.add]


def test_bands_of_the_command_line_are_shown_and_not_lost(card: Any, store: SettingsStore) -> None:
    odd = TariffBand(days=(0, 2), from_hour=1, until_hour=24, price=Decimal("0.00000001"))
    store.change(electricity_bands=[odd.model_dump(mode="json")] * MAX_BANDS)
    card.show_settings(store.current)
    assert card.rows[0].days.currentText() == "Mon, Wed" and card.rows[0].band == odd
    assert not card.add.isEnabled(), "as many as there may be"


def test_the_break_even_stop_is_off_until_it_is_wanted(card: Any, store: SettingsStore) -> None:
    assert not card.rule.check.isChecked()
    card.rule.check.click()
    assert store.current.policy.break_even.enabled
    hours = card.rule.numbers["hours"]
    hours.setFocus()
    hours.selectAll()
    QTest.keyClicks(hours, "3")
    QTest.keyClick(hours, Qt.Key.Key_Return)
    assert store.current.policy.break_even.hours == 3
