"""The small style sheet on top of Fusion: cards, buttons, fields. Colours and lengths come from tokens and metrics."""

from __future__ import annotations

from pathlib import Path
from string import Template

from r3mes_launcher.ui.tokens import Metrics, Tokens

# Selectors use the dynamic properties `card`, `kind` and `tone` that the widgets set.
_SHEET = Template("""
QWidget#sidebar { background: $sidebar; border-right: ${hair}px solid $border; }
QFrame[card="true"] { background: $surface; border: ${hair}px solid $border; border-radius: ${radius}px; }
QFrame[card="inset"] { background: $window; border: ${hair}px solid $border; border-radius: ${small_radius}px; }
QFrame[bar="warning"] { background: $warning_soft; border-bottom: ${hair}px solid $border; }
QFrame[bar="bad"] { background: $bad_soft; border-bottom: ${hair}px solid $border; }
QFrame[bar="busy"] { background: $accent_soft; border-bottom: ${hair}px solid $border; }
QFrame[callout="warning"] { background: $warning_soft; border: none; border-radius: ${small_radius}px; }
QFrame[callout="bad"] { background: $bad_soft; border: none; border-radius: ${small_radius}px; }
QFrame[callout="busy"] { background: $accent_soft; border: none; border-radius: ${small_radius}px; }
QFrame[callout="neutral"] { background: $window; border: none; border-radius: ${small_radius}px; }
QFrame[bubble="user"] { background: $accent_soft; border: none; border-radius: ${radius}px; }
QFrame[composer="true"] { background: $field; border: ${hair}px solid $border_strong; border-radius: ${radius}px; }
QFrame[composer="true"][focused="true"] { border: ${hair}px solid $accent; }
QFrame[card="true"] QLabel, QFrame[bar] QLabel, QFrame[callout] QLabel { background: transparent; }

QLabel[kind="display"] { font-size: ${display}pt; font-weight: 600; }
QLabel[kind="title"] { font-size: ${title}pt; font-weight: 600; }
QLabel[kind="heading"] { font-size: ${heading}pt; font-weight: 600; }
QLabel[kind="figure"] { font-size: ${figure}pt; font-weight: 600; }
QLabel[kind="strong"] { font-weight: 600; }
QLabel[kind="muted"] { color: $text_muted; }
QLabel[kind="caption"] { color: $text_muted; font-size: ${caption}pt; }
QLabel[tone="good"] { color: $good; }
QLabel[tone="busy"] { color: $accent; }
QLabel[tone="warning"] { color: $warning; }
QLabel[tone="bad"] { color: $bad; }

QPushButton { background: $surface; color: $text; border: ${hair}px solid $border_strong;
  border-radius: ${small_radius}px;
  padding: ${pad_y}px ${pad_x}px; }
QPushButton:hover { background: $accent_soft; border-color: $accent; }
QPushButton:pressed { background: $sidebar; }
QPushButton:focus { border: ${focus}px solid $accent; padding: ${pad_y_focus}px ${pad_x_focus}px; }
QPushButton:disabled { color: $disabled; border-color: $disabled_ground; background: $surface; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border-color: $text; }
QPushButton[kind="primary"]:disabled { background: $disabled_ground; color: $text_muted;
  border-color: $disabled_ground; }
QPushButton[kind="quiet"]:disabled { background: transparent; color: $disabled; border-color: transparent; }
QPushButton[kind="quiet"] { background: transparent; border-color: transparent; color: $text_muted;
  padding: ${pad_y}px; }
QPushButton[kind="quiet"]:hover { background: $accent_soft; color: $text; border-color: transparent; }
QPushButton[kind="quiet"]:focus { border-color: $accent; padding: ${pad_y_focus}px; }
QPushButton[kind="navigation"] { background: transparent; border: ${focus}px solid transparent; text-align: left;
  color: $text_muted;
  padding: ${pad_nav}px ${pad_x}px; }
QPushButton[kind="navigation"]:hover { background: $window; color: $text; }
QPushButton[kind="navigation"]:checked { background: $surface; color: $text; font-weight: 600; }
QPushButton[kind="navigation"]:focus { border-color: $accent; padding: ${pad_nav}px ${pad_x}px; }

QLineEdit, QComboBox, QAbstractSpinBox { background: $field; color: $text; border: ${hair}px solid $border_strong;
  border-radius: ${small_radius}px;
  padding: ${pad_y}px ${pad_field}px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {
  border: ${focus}px solid $accent; padding: ${pad_y_focus}px ${pad_field_focus}px; }
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {
  color: $disabled; border-color: $disabled_ground; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $disabled_ground; }
QCheckBox::indicator:checked:disabled { background: $disabled; border-color: $disabled; }
QRadioButton::indicator:checked:disabled { border-color: $disabled; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { subcontrol-origin: border; width: 0; border: none; }
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus { border: none; padding: 0; background: transparent; }
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"] { border-color: $bad; }
QComboBox::drop-down { border: none; width: ${chevron_box}px; }
QComboBox::down-arrow { image: url("$chevron"); width: ${chevron_size}px; height: ${chevron_size}px; }
QComboBox QAbstractItemView { background: $surface; color: $text; border: ${hair}px solid $border; outline: none;
  selection-background-color: $accent_soft; selection-color: $text; }

QCheckBox, QRadioButton { margin-left: -${focus_ring}px; }
QCheckBox, QRadioButton { spacing: ${gap}px; background: transparent; padding: ${focus}px;
  border-radius: ${small_radius}px;
  border: ${focus}px solid transparent; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox::indicator, QRadioButton::indicator { width: ${indicator}px; height: ${indicator}px; background: $field;
  border: ${hair}px solid $border_strong; border-radius: ${tiny_radius}px; }
QRadioButton::indicator { border-radius: ${radio_radius}px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$tick"); }
QRadioButton::indicator:checked { border: ${radio_dot}px solid $accent; width: ${radio_hole}px;
  height: ${radio_hole}px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }

QProgressBar { background: $disabled_ground; border: none; border-radius: ${bar_radius}px; max-height: ${bar}px;
  min-height: ${bar}px; }
QProgressBar::chunk { background: $accent; border-radius: ${bar_radius}px; }

QScrollArea, QScrollArea > QWidget > QWidget#page { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: ${scroll}px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: ${scroll}px; margin: 0; }
QScrollBar::handle { background: $handle; border-radius: ${scroll_radius}px; margin: ${scroll_gap}px; }
QScrollBar::handle:vertical { min-height: ${chevron_box}px; }
QScrollBar::handle:horizontal { min-width: ${chevron_box}px; }
QScrollBar::handle:hover { background: $text_muted; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QTableView[kind="rows"] { background: $surface; border: ${hair}px solid $border;
  border-radius: ${small_radius}px; gridline-color: $border; }
QTableView[kind="rows"]:focus { border: ${hair}px solid $accent; }
QTableView[kind="rows"]::item { padding: 0 ${pad_item}px; }
QTableView[kind="rows"]::item:selected { background: $accent_soft; color: $text; }
QTableWidget { background: transparent; border: none; gridline-color: $border; }
QTableWidget::item { padding: 0 ${pad_item}px; }
QTableWidget::item:selected { background: $accent_soft; color: $text; }
QTableCornerButton::section { background: transparent; border: none; border-bottom: ${hair}px solid $border; }
QListWidget[kind="lines"] { background: $field; color: $text; border: ${hair}px solid $border_strong;
  border-radius: ${small_radius}px; padding: ${focus}px; outline: none; }
QListWidget[kind="lines"]:focus { border-color: $accent; }
QListWidget[kind="lines"]::item { padding: ${pad_item}px ${pad_field}px; border-radius: ${tiny_radius}px; }
QListWidget[kind="lines"]::item:selected { background: $accent_soft; color: $text; }
QHeaderView { background: transparent; }
QHeaderView::section { background: transparent; color: $text_muted; border: none;
  border-bottom: ${hair}px solid $border;
  padding: ${gap}px; }
QHeaderView::section:vertical { border: none; }
QPlainTextEdit[kind="plain"], QTextEdit[kind="plain"] { background: transparent; border: none; color: $text;
  selection-background-color: $accent; selection-color: $on_accent; }
QAbstractScrollArea[kind="log"] { background: $surface; border: ${hair}px solid $border;
  border-radius: ${small_radius}px; }
QAbstractScrollArea[kind="log"]:focus { border: ${hair}px solid $accent; }
QMessageBox QLabel#qt_msgbox_label { font-weight: 600; }
QToolTip { background: $surface; color: $text; border: ${hair}px solid $border; }
QMenu { background: $surface; color: $text; border: ${hair}px solid $border; padding: ${focus}px; }
QMenu::item { padding: ${pad_y}px ${pad_x}px; border-radius: ${tiny_radius}px; }
QMenu::item:selected { background: $accent_soft; color: $text; }
QMenu::item:disabled { color: $text_muted; }
QMenu::separator { background: $border; height: ${hair}px; margin: ${focus}px; }
QFrame[panel="chats"] { background: transparent; border: none; }
QListWidget[kind="chats"] { background: transparent; border: none; outline: none; }
QListWidget[kind="chats"]::item { color: $text; padding: ${pad_y}px ${pad_field}px;
  border-radius: ${small_radius}px; border: ${focus}px solid transparent; }
QListWidget[kind="chats"]::item:hover { background: $sidebar; }
QListWidget[kind="chats"]::item:selected { background: $accent_soft; color: $text; }
QListWidget[kind="chats"]::item:focus { border-color: $accent; }
QSplitter::handle { background: transparent; }
""")


def style_sheet(tokens: Tokens, metrics: Metrics, points: float, icons: Path) -> str:
    """The sheet for one scheme. `points` is the size of body text; `icons` the folder of the drawn arrows and ticks."""
    scheme = "dark" if tokens.dark else "light"
    focus = metrics.space(0.45)
    hair = metrics.space(0.2)
    pad_y, pad_x, pad_field = metrics.space(1.5), metrics.space(3.4), metrics.space(2)
    indicator = metrics.space(3.8)
    radio_dot = metrics.space(1.2)
    lengths = {
        "hair": hair,
        "focus": focus,
        "focus_ring": 2 * focus,
        "radius": metrics.radius,
        "small_radius": metrics.small_radius,
        "tiny_radius": metrics.space(0.8),
        "pad_y": pad_y,
        "pad_x": pad_x,
        "pad_field": pad_field,
        # The ring of focus is thicker than the border; the padding gives way, so that nothing moves.
        "pad_y_focus": pad_y - (focus - hair),
        "pad_x_focus": pad_x - (focus - hair),
        "pad_field_focus": pad_field - (focus - hair),
        "pad_nav": metrics.space(1.8),
        "gap": metrics.space(1.6),
        # A cell has a small margin of its own; with it the texts stand below those of the header.
        "pad_item": metrics.space(1),
        "chevron_box": metrics.space(7),
        "chevron_size": metrics.space(3.4),
        "indicator": indicator,
        "radio_radius": indicator // 2 + hair,
        "radio_dot": radio_dot,
        "radio_hole": indicator + 2 * hair - 2 * radio_dot,
        "bar": metrics.space(1.6),
        "bar_radius": metrics.space(1.6) // 2,
        "scroll": metrics.space(2.8),
        "scroll_gap": metrics.space(0.6),
        "scroll_radius": metrics.space(0.7),
    }
    sizes = {
        "display": points * 2.0,
        "title": points * 1.55,
        "figure": points * 1.45,
        "heading": points * 1.12,
        "caption": points * 0.9,
    }
    colours = {name: getattr(tokens, name) for name in tokens.__slots__ if name != "dark"}
    return _SHEET.substitute(
        colours,
        chevron=(icons / f"chevron-{scheme}.svg").as_posix(),
        tick=(icons / f"tick-{scheme}.svg").as_posix(),
        **{name: str(value) for name, value in lengths.items()},
        **{name: f"{value:.2f}" for name, value in sizes.items()},
    )
