"""An answer in Markdown while it grows: what is settled stays drawn, and only its end is drawn again."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from r3mes_launcher.ui.chat.code_view import CodeView
from r3mes_launcher.ui.chat.markdown_blocks import Block, Kind, MarkdownReader
from r3mes_launcher.ui.chat.markdown_writer import MarkdownWriter
from r3mes_launcher.ui.chat.message_text import MessageText
from r3mes_launcher.ui.theme import Theme

# Drawing may take a fifth of the time: when one draw took long, the next one waits four times as long.
_REST = 4
# Draws that are quicker than this are done as the words come.
_QUICK_S = 0.004


class _Part:
    """A widget and the blocks that it shows, each with its beginning in the document."""

    def __init__(self, widget: MessageText | CodeView) -> None:
        self.widget = widget
        self.starts: list[int] = []


class MarkdownView(QWidget):
    link_wished = Signal(str)
    grown = Signal()
    """There are new parts that can be reached with Tab."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._name = name
        self._writer = MarkdownWriter(theme)
        self._reader = MarkdownReader()
        self._text = ""
        self._drawn: list[Block] = []
        self._parts: list[_Part] = []
        self._grew = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.metrics.space(2.4))
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self.draw)
        theme.changed.connect(self._on_theme)

    @property
    def text(self) -> str:
        """The Markdown, as it came."""
        return self._text

    @property
    def words(self) -> str:
        """What can be read, as it is drawn now."""
        parts = (
            part.widget.toPlainText() if isinstance(part.widget, MessageText) else part.widget.text
            for part in self._parts
        )
        return "\n".join(parts)

    @property
    def stops(self) -> list[QWidget]:
        """What Tab stops at, in the order of reading."""
        found: list[QWidget] = []
        for part in self._parts:
            found += [part.widget.copy, part.widget.lines] if isinstance(part.widget, CodeView) else [part.widget]
        return found

    @property
    def codes(self) -> list[CodeView]:
        return [part.widget for part in self._parts if isinstance(part.widget, CodeView)]

    def show_text(self, text: str, ended: bool) -> None:
        """The whole text so far. What goes on from before costs only what is new."""
        if not text.startswith(self._text):
            self._reader = MarkdownReader()
            self._text = ""
            self._cut(0)
        if len(text) > len(self._text):
            self._reader.feed(text[len(self._text) :])
            self._text = text
        if ended or not self._rest.isActive():
            self.draw()

    def draw(self) -> None:
        """Brings what is drawn up to date."""
        began = perf_counter()
        self._rest.stop()
        settled = self._reader.settled
        # Settled blocks that are drawn already are the same ones.
        same = min(len(self._drawn), settled)
        while same and self._drawn[same - 1] != self._reader.block(same - 1):
            same -= 1
        blocks = [*(self._reader.block(index) for index in range(same, settled)), *self._reader.unsettled()]
        while blocks and same < len(self._drawn) and self._drawn[same] == blocks[0]:
            same += 1
            blocks.pop(0)
        if blocks and same == len(self._drawn) - 1 and self._goes_on(self._drawn[same], blocks[0]):
            code = self._parts[-1].widget
            assert isinstance(code, CodeView)
            code.show_code(blocks[0].text, blocks[0].mark)
            self._drawn[same] = blocks.pop(0)
            same += 1
        self._cut(same)
        for block in blocks:
            self._add(block)
        if self._grew:
            self._grew = False
            self.grown.emit()
        took = perf_counter() - began
        if took > _QUICK_S:
            self._rest.start(round(took * _REST * 1000))

    @staticmethod
    def _goes_on(before: Block, now: Block) -> bool:
        return before.kind is now.kind is Kind.CODE and now.text.startswith(before.text)

    def _add(self, block: Block) -> None:
        self._drawn.append(block)
        if block.kind is Kind.CODE:
            code = CodeView(self._theme)
            code.show_code(block.text, block.mark)
            self._add_part(code).starts.append(0)
            return
        last = self._parts[-1] if self._parts else None
        # A table has a document of its own, so that it can be taken away whole.
        alone = block.kind is Kind.TABLE or (len(self._drawn) > 1 and self._drawn[-2].kind is Kind.TABLE)
        if last is None or alone or not isinstance(last.widget, MessageText):
            text = MessageText(self._theme, self._name)
            text.link_wished.connect(self.link_wished)
            last = self._add_part(text)
        assert isinstance(last.widget, MessageText)
        cursor = QTextCursor(last.widget.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        last.starts.append(cursor.position())
        self._writer.write(cursor, block)

    def _add_part(self, widget: MessageText | CodeView) -> _Part:
        part = _Part(widget)
        self._parts.append(part)
        self._column.addWidget(widget)
        if self.isVisible():
            # At once: a layout would show it a round later, and until then leave no room for it.
            widget.show()
        self._grew = True
        return part

    def _cut(self, kept: int) -> None:
        """Takes away what is drawn after so many blocks."""
        surplus = len(self._drawn) - kept
        del self._drawn[kept:]
        while surplus > 0:
            part = self._parts[-1]
            if surplus >= len(part.starts):
                surplus -= len(part.starts)
                self._parts.pop()
                self._column.removeWidget(part.widget)
                part.widget.hide()
                part.widget.deleteLater()
                continue
            assert isinstance(part.widget, MessageText)
            cursor = QTextCursor(part.widget.document())
            cursor.setPosition(part.starts[-surplus])
            cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
            del part.starts[-surplus:]
            surplus = 0

    def _on_theme(self) -> None:
        self._writer = MarkdownWriter(self._theme)
        self._cut(0)
        self.draw()
