"""What the node computes on: the best GPU, chosen ones by their UUID, or the processor."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QRadioButton, QVBoxLayout, QWidget

from r3mes_launcher.core.settings_sections import Section
from r3mes_launcher.core.state import DeviceChoice, GpuDriver, GpuReport, GpuSample
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel
from r3mes_launcher.ui.settings.section_card import SectionCard
from r3mes_launcher.ui.theme import Theme


class DeviceCard(SectionCard):
    def __init__(self, theme: Theme, intents: Intents, parent: QWidget | None = None) -> None:
        heading = QCoreApplication.translate("DeviceCard", "GPUs")
        super().__init__(theme, intents, Section.DEVICE, heading, "gpu", parent)
        self._report = GpuReport()
        self._choosing = False
        space = theme.metrics.space
        self.best = QRadioButton(self.tr("The best GPU, as the engine finds it"))
        self.some = QRadioButton(self.tr("Only these GPUs"))
        self.cpu = QRadioButton(self.tr("The processor: slow, for trying it out"))
        group = QButtonGroup(self)
        for button in (self.best, self.some, self.cpu):
            group.addButton(button)
        self.best.clicked.connect(lambda: self._choose(DeviceChoice.AUTO, ()))
        self.some.clicked.connect(self._on_some)
        self.cpu.clicked.connect(lambda: self._choose(DeviceChoice.CPU, self.settings.gpus))
        self._cards = QWidget()
        self._column = QVBoxLayout(self._cards)
        self._column.setContentsMargins(space(6), 0, 0, 0)
        self._column.setSpacing(space(1))
        self._nothing = PlainLabel("", "caption", wrap=True)
        self._nothing.setContentsMargins(space(6), 0, 0, 0)
        self.boxes: dict[str, QCheckBox] = {}
        for widget in (self.best, self.some, self._cards, self._nothing, self.cpu):
            self.body.addWidget(widget)

    def draw(self) -> None:
        settings = self.settings
        by_hand = bool(settings.gpus) or self._choosing
        chosen = self.cpu if settings.device is DeviceChoice.CPU else self.some if by_hand else self.best
        chosen.setChecked(True)
        self._cards.setVisible(chosen is self.some)
        self._draw_boxes()
        here = bool(self._report.gpus)
        self.some.setEnabled(here or bool(settings.gpus))
        self._nothing.setVisible(not here or (chosen is self.some and not settings.gpus))
        self._nothing.show_text(
            self.tr("Tick at least one. Until then the engine takes the best one.")
            if here
            else self.tr("No GPU is seen now; the GPUs page tells why.")
        )

    def show_report(self, report: GpuReport) -> None:
        known = [(gpu.uuid, gpu.name, gpu.lost) for gpu in self._report.gpus]
        self._report = report
        if known != [(gpu.uuid, gpu.name, gpu.lost) for gpu in report.gpus]:
            self.draw()

    def _draw_boxes(self) -> None:
        seen = {gpu.uuid: gpu for gpu in self._report.gpus}
        # One that was chosen and is gone stays in the list: it may be ticked off, and it may come back.
        wanted = [*seen, *(uuid for uuid in self.settings.gpus if uuid not in seen)]
        for uuid in [uuid for uuid in self.boxes if uuid not in wanted]:
            self.boxes.pop(uuid).deleteLater()
        for uuid in wanted:
            if uuid not in self.boxes:
                box = QCheckBox()
                box.clicked.connect(self._on_box)
                self.boxes[uuid] = box
                self._column.addWidget(box)
            box = self.boxes[uuid]
            box.setText(self._name(uuid, seen.get(uuid)))
            box.setAccessibleDescription(uuid)
            box.setToolTip(uuid)
            box.setChecked(uuid in self.settings.gpus)

    def _name(self, uuid: str, gpu: GpuSample | None) -> str:
        if gpu is None and self._report.driver is GpuDriver.STARTING:
            return uuid
        if gpu is None:
            return self.tr("{uuid}: not in this computer now").format(uuid=uuid)
        if gpu.lost:
            return self.tr("{name}: lost").format(name=gpu.name)
        # Two cards of one kind differ in their UUID alone.
        return f"{gpu.name}  ·  {figures.memory(gpu.memory_total_mb)}  ·  {uuid[:12]}…"

    def _on_some(self) -> None:
        self._choosing = True
        if self.settings.device is DeviceChoice.CPU:
            self._choose(DeviceChoice.AUTO, self.settings.gpus)
        self.draw()

    def _on_box(self) -> None:
        self._choosing = True
        self._choose(DeviceChoice.AUTO, tuple(uuid for uuid, box in self.boxes.items() if box.isChecked()))

    def _choose(self, device: DeviceChoice, gpus: tuple[str, ...]) -> None:
        self._choosing = self._choosing and self.some.isChecked()
        self.change({"device": device.value, "gpus": list(gpus)})
        self.draw()
