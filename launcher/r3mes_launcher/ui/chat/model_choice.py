"""Whom to ask: a base model, and an adapter on it where the gateway offers some."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from r3mes_launcher.core.state import AdapterOffer, LauncherState
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.theme import Theme

AUTO = "auto"
"""The gateway's own name for "choose the adapter for me"."""
_NO_ADAPTER = ""
# A name is shown up to about this many characters; the list that opens shows it whole.
_SHOWN_CHARACTERS = 16


class _NameBox(QComboBox):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_SHOWN_CHARACTERS)

    def showPopup(self) -> None:  # noqa: N802
        """As wide as the longest name, within the screen."""
        view = self.view()
        widest = view.sizeHintForColumn(0) + view.verticalScrollBar().sizeHint().width()
        view.setMinimumWidth(min(max(self.width(), widest), self.screen().availableGeometry().width()))
        super().showPopup()

    @property
    def open(self) -> bool:
        return self.view().isVisible()


class ModelChoice(QWidget):
    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.metrics.space(2))
        self._model_name = PlainLabel(self.tr("Model"), "muted")
        self.model = _NameBox(self.tr("Model to ask"))
        self._model_name.setBuddy(self.model)
        self._adapter_name = PlainLabel(self.tr("Adapter"), "muted")
        self.adapter = _NameBox(self.tr("Adapter to ask"))
        self._adapter_name.setBuddy(self.adapter)
        for widget in (self._model_name, self.model, self._adapter_name, self.adapter):
            row.addWidget(widget)
        self._models: tuple[str, ...] = ()
        self._adapters: tuple[AdapterOffer, ...] = ()
        self.model.activated.connect(self._on_model)
        self.adapter.activated.connect(lambda: self.changed.emit())
        self._show()

    @property
    def chosen(self) -> str:
        """The name that is asked for; empty while there is none."""
        adapter = str(self.adapter.currentData() or _NO_ADAPTER) if self._offered() else _NO_ADAPTER
        return adapter or self.model.currentText()

    def choose(self, name: str) -> None:
        """What a request asked for, as far as it is still offered."""
        offer = next((offer for offer in self._adapters if offer.name == name), None)
        model = offer.base_model if offer is not None else name
        if self.model.findText(model) >= 0:
            self.model.setCurrentText(model)
        self._fill_adapters(name)

    def show_offers(self, state: LauncherState) -> None:
        """A list that is open stays as it is: nobody's choice moves under the pointer."""
        if (state.models, state.adapters) == (self._models, self._adapters) or self.model.open or self.adapter.open:
            return
        chosen, model = self.chosen, self.model.currentText()
        self._models, self._adapters = state.models, state.adapters
        special = {offer.name for offer in state.adapters} | {AUTO}
        bases = [name for name in state.models if name not in special] or list(state.models)
        self.model.clear()
        self.model.addItems(bases)
        if model in bases:
            self.model.setCurrentText(model)
        self._fill_adapters(chosen)
        self._show()

    def _offered(self) -> list[str]:
        base = self.model.currentText()
        return [offer.name for offer in self._adapters if offer.base_model == base]

    def _fill_adapters(self, chosen: str) -> None:
        names = self._offered()
        self.adapter.clear()
        self.adapter.addItem(self.tr("none"), _NO_ADAPTER)
        if AUTO in self._models:
            self.adapter.addItem(self.tr("as the gateway thinks best"), AUTO)
        for name in names:
            self.adapter.addItem(name, name)
        self.adapter.setCurrentIndex(max(0, self.adapter.findData(chosen)))
        self._show()

    def _show(self) -> None:
        for widget in (self._model_name, self.model):
            widget.setVisible(self.model.count() > 0)
        for widget in (self._adapter_name, self.adapter):
            widget.setVisible(bool(self._offered()))

    def _on_model(self) -> None:
        self._fill_adapters(_NO_ADAPTER)
        self.changed.emit()
