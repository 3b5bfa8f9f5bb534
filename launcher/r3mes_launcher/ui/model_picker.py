"""Which model is served: the built-in one, or a folder or file of one's own."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QWidget

from r3mes_launcher.ui.button import Button
from r3mes_launcher.ui.theme import Theme

BUILTIN = "builtin"


class ModelPicker(QWidget):
    chosen = Signal(str)
    """`builtin` or a path. Whoever hears it shows what came of it by `show_model`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dialog: QFileDialog | None = None
        self.box = QComboBox()
        self.box.setAccessibleName(self.tr("Model to serve"))
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(8)
        self.box.addItem(self.tr("SmolLM2 135M (built-in)"), BUILTIN)
        self.box.activated.connect(lambda index: self.chosen.emit(str(self.box.itemData(index))))
        self.setFocusProxy(self.box)
        self.browse_file = Button(theme, icon="file", name=self.tr("Choose a GGUF file"))
        self.browse_file.clicked.connect(lambda: self._browse(QFileDialog.FileMode.ExistingFile))
        self.browse_folder = Button(theme, icon="folder", name=self.tr("Choose a model folder"))
        self.browse_folder.clicked.connect(lambda: self._browse(QFileDialog.FileMode.Directory))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.metrics.space(1.6))
        row.addWidget(self.box, 1)
        row.addWidget(self.browse_file)
        row.addWidget(self.browse_folder)

    def show_model(self, path: str) -> None:
        """What holds now. A list that is open stays as it is."""
        if self.box.view().isVisible():
            return
        index = self.box.findData(path)
        if index < 0:
            # One row for the model by path; it takes the place of the one before.
            while self.box.count() > 1:
                self.box.removeItem(1)
            self.box.addItem(PurePath(path).name or path, path)
            index = 1
        self.box.setCurrentIndex(index)

    def _browse(self, mode: QFileDialog.FileMode) -> None:
        folder = mode is QFileDialog.FileMode.Directory
        dialog = QFileDialog(self, self.tr("Choose a model folder") if folder else self.tr("Choose a GGUF file"))
        dialog.setFileMode(mode)
        if not folder:
            dialog.setNameFilters([self.tr("Models (*.gguf)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(self.chosen)
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        dialog.open()
