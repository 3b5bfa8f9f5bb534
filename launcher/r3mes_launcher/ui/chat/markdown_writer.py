"""Writes Markdown blocks into a document by cursor: formats only, never HTML."""

from __future__ import annotations

from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTableFormat,
)

from r3mes_launcher.ui.chat.markdown_blocks import Block, Kind
from r3mes_launcher.ui.chat.markdown_inline import Span, spans
from r3mes_launcher.ui.theme import Theme

_HEADING_SIZES = {1: 1.35, 2: 1.2, 3: 1.1}
_LINE_SEPARATOR = "\u2028"


class MarkdownWriter:
    """With the looks of one theme; after a change of the theme everything is written anew."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._tokens = theme.tokens
        self._space = theme.metrics.space

    def write(self, cursor: QTextCursor, block: Block) -> None:
        """At the end of the document, as a paragraph of its own; a table in a document of its own."""
        if block.kind is Kind.TABLE:
            self._write_table(cursor, block)
            return
        first = cursor.document().isEmpty() and cursor.document().blockCount() == 1
        shape = self._shape(block, first)
        look = self._look(block)
        if first:
            cursor.setBlockFormat(shape)
            cursor.setBlockCharFormat(look)
        else:
            cursor.insertBlock(shape, look)
        if block.kind is Kind.ITEM:
            marked = QTextCharFormat(look)
            marked.setForeground(QBrush(QColor(self._tokens.text_muted)))
            cursor.insertText(block.mark + "\u2002", marked)
        self._write_spans(cursor, spans(block.text), look)

    def _shape(self, block: Block, first: bool) -> QTextBlockFormat:
        shape = QTextBlockFormat()
        gap = {Kind.ITEM: self._space(1), Kind.HEADING: self._space(3.4), Kind.RULE: self._space(2)}
        shape.setTopMargin(0 if first else gap.get(block.kind, self._space(2.4)))
        match block.kind:
            case Kind.ITEM:
                shape.setIndent(block.level + 1)
                shape.setTextIndent(-self._space(3))
            case Kind.PARAGRAPH:
                shape.setIndent(block.level)
            case Kind.QUOTE:
                shape.setIndent(1)
            case Kind.RULE:
                length = QTextLength(QTextLength.Type.PercentageLength, 100)
                shape.setProperty(QTextFormat.Property.BlockTrailingHorizontalRulerWidth, length)
            case Kind.HEADING:
                shape.setHeadingLevel(block.level)
        return shape

    def _look(self, block: Block) -> QTextCharFormat:
        look = QTextCharFormat()
        look.setForeground(QBrush(QColor(self._tokens.text)))
        if block.kind is Kind.HEADING:
            look.setFontWeight(QFont.Weight.DemiBold)
            look.setFontPointSize(self._theme.points * _HEADING_SIZES.get(block.level, 1.0))
        elif block.kind is Kind.QUOTE:
            look.setForeground(QBrush(QColor(self._tokens.text_muted)))
        return look

    def _write_spans(self, cursor: QTextCursor, parts: tuple[Span, ...], look: QTextCharFormat) -> None:
        for part in parts:
            here = QTextCharFormat(look)
            if part.bold:
                here.setFontWeight(QFont.Weight.DemiBold)
            if part.italic:
                here.setFontItalic(True)
            if part.struck:
                here.setFontStrikeOut(True)
            if part.code:
                here.setFont(
                    self._theme.fixed_font(), QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesAll
                )
                here.setBackground(QBrush(QColor(self._tokens.sidebar)))
            if part.address:
                here.setAnchor(True)
                here.setAnchorHref(part.address)
                here.setForeground(QBrush(QColor(self._tokens.accent)))
                here.setFontUnderline(True)
            cursor.insertText(part.text.replace("\n", _LINE_SEPARATOR), here)

    def _write_table(self, cursor: QTextCursor, block: Block) -> None:
        shape = QTextTableFormat()
        shape.setCellPadding(self._space(1.2))
        shape.setCellSpacing(0)
        shape.setBorderCollapse(True)
        shape.setBorder(self._space(0.2))
        shape.setBorderBrush(QBrush(QColor(self._tokens.border)))
        shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        shape.setHeaderRowCount(1)
        table = cursor.insertTable(len(block.rows), len(block.rows[0]), shape)
        for row, cells in enumerate(block.rows):
            for column, text in enumerate(cells):
                look = self._look(block)
                if row == 0:
                    look.setFontWeight(QFont.Weight.DemiBold)
                inside = table.cellAt(row, column).firstCursorPosition()
                self._write_spans(inside, spans(text), look)
