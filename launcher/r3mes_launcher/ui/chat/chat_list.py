"""The conversations so far: open one, give it another title, delete it; and whether they are kept at all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QSizePolicy,
    QVBoxLayout,
)

from r3mes_launcher.core.chats.chat import ChatSummary
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.question import ask
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone

_WIDTH_QUARTERS = 64
_CHAT_ID = Qt.ItemDataRole.UserRole


class ChatList(QFrame):
    opened = Signal(str)
    renamed = Signal(str, str)
    """Id and the new title."""
    deleted = Signal(str)
    all_deleted = Signal()
    keeping_chosen = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._filling = False
        self._question: QMessageBox | None = None
        self.setProperty("panel", "chats")
        self.setAccessibleName(self.tr("Conversations"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        space = theme.metrics.space
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        # Its words begin below the button that shows it.
        across.addSpacing(space(8))
        column = QVBoxLayout()
        column.setContentsMargins(0, space(2), 0, space(4))
        column.setSpacing(space(2))
        across.addLayout(column)
        head = QHBoxLayout()
        head.setSpacing(space(1))
        head.addWidget(PlainLabel(self.tr("Conversations"), "strong"))
        head.addStretch(1)
        self.rename = Button(theme, icon="edit", kind="quiet", name=self.tr("Rename this conversation"))
        self.delete = Button(theme, icon="clear", kind="quiet", name=self.tr("Delete this conversation…"))
        self.rename.clicked.connect(self._on_rename)
        self.delete.clicked.connect(self._on_delete)
        head.addWidget(self.rename)
        head.addWidget(self.delete)
        column.addLayout(head)
        self.list = QListWidget()
        self.list.setProperty("kind", "chats")
        self.list.setAccessibleName(self.tr("Conversations"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.list.setTabKeyNavigation(False)
        self.list.itemClicked.connect(self._on_activated)
        self.list.itemActivated.connect(self._on_activated)
        self.list.itemChanged.connect(self._on_changed)
        self.list.currentItemChanged.connect(self._show_buttons)
        self.list.installEventFilter(self)
        column.addWidget(self.list, 1)
        self._none = PlainLabel(self.tr("What you ask is listed here."), "caption", wrap=True)
        column.addWidget(self._none)
        self._problem = PlainLabel("", "caption", wrap=True)
        self._problem.show_tone(Tone.BAD)
        self._problem.hide()
        column.addWidget(self._problem)
        self.keep = QCheckBox(self.tr("Keep on this computer"))
        self.keep.setToolTip(self.tr("In private files of the data folder. They go nowhere else."))
        self.keep.setAccessibleDescription(self.keep.toolTip())
        self.keep.clicked.connect(self.keeping_chosen)
        column.addWidget(self.keep)
        self.delete_all = Button(theme, self.tr("Delete all…"), "clear", kind="quiet")
        self.delete_all.clicked.connect(self._on_delete_all)
        column.addWidget(self.delete_all, 0, Qt.AlignmentFlag.AlignLeading)
        self._show_buttons()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._theme.metrics.space(_WIDTH_QUARTERS), super().sizeHint().height())

    def show_chats(self, summaries: Sequence[ChatSummary], shown: str) -> None:
        """`shown` is the id of the one that is open. A title that is being typed is left alone."""
        if self.list.state() is QAbstractItemView.State.EditingState:
            return
        self._filling = True
        wanted = [summary.chat_id for summary in summaries]
        if wanted != [item.data(_CHAT_ID) for item in self._items()]:
            self.list.clear()
            for summary in summaries:
                item = QListWidgetItem()
                item.setData(_CHAT_ID, summary.chat_id)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                self.list.addItem(item)
        for item, summary in zip(self._items(), summaries, strict=True):
            item.setText(summary.title)
            item.setToolTip(figures.day_and_hour(summary.changed_at))
            if summary.chat_id == shown and self.list.currentItem() is not item:
                self.list.setCurrentItem(item)
        if shown not in wanted:
            self.list.setCurrentRow(-1)
        self._filling = False
        self._none.setVisible(not summaries)
        self.list.setVisible(bool(summaries))
        self.delete_all.setVisible(bool(summaries))
        self._show_buttons()

    def show_keeping(self, keeps: bool) -> None:
        self.keep.setChecked(keeps)

    def show_problem(self, sentence: str) -> None:
        self._problem.show_text(sentence)
        self._problem.setVisible(bool(sentence))

    @property
    def question(self) -> QMessageBox | None:
        """The question that was asked last."""
        return self._question

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        pressed = event.key() if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) else None
        if watched is self.list and pressed == Qt.Key.Key_Delete and self.list.currentItem() is not None:
            self._on_delete()
            return True
        return super().eventFilter(watched, event)

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def _show_buttons(self) -> None:
        for button in (self.rename, self.delete):
            button.setEnabled(self.list.currentItem() is not None)

    def _on_activated(self, item: QListWidgetItem) -> None:
        self.opened.emit(str(item.data(_CHAT_ID)))

    def _on_changed(self, item: QListWidgetItem) -> None:
        if not self._filling:
            self.renamed.emit(str(item.data(_CHAT_ID)), item.text())

    def _on_rename(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.list.editItem(item)

    def _on_delete(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        chat_id = str(item.data(_CHAT_ID))
        self._question = ask(
            self,
            self.tr("Delete this conversation?"),
            self.tr("“{title}” is deleted from this computer for good.").format(title=item.text()),
            [(self.tr("Delete"), lambda: self.deleted.emit(chat_id))],
            self.tr("Cancel"),
        )

    def _on_delete_all(self) -> None:
        self._question = ask(
            self,
            self.tr("Delete all conversations?"),
            self.tr("All of them are deleted from this computer for good."),
            [(self.tr("Delete all"), self.all_deleted.emit)],
            self.tr("Cancel"),
        )
