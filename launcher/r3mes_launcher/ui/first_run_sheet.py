"""The first start: a few screens over the window, from the welcome to a serving node or the demo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from r3mes_launcher.core.first_run import (
    Answers,
    Facts,
    Missing,
    Plan,
    Purpose,
    Screen,
    WalletChoice,
    after,
    before,
    missing,
    plan,
    screens,
)
from r3mes_launcher.core.interface import Core
from r3mes_launcher.core.state import Desired, DeviceChoice, GatewayKind, GpuDriver
from r3mes_launcher.ui import figures
from r3mes_launcher.ui.card import Callout
from r3mes_launcher.ui.intents import Intents
from r3mes_launcher.ui.plain_label import PlainLabel, restyle
from r3mes_launcher.ui.theme import Theme
from r3mes_launcher.ui.tokens import Tone
from r3mes_launcher.ui.wallet.sheet import Sheet
from r3mes_launcher.ui.wording import driver_wording

_LONGEST_URL = 2048


class FirstRunSheet(Sheet):
    """Draws the screens of `core.first_run`. Closing it early loses nothing: everything is on the pages too."""

    demo_wished = Signal()
    wallet_wished = Signal(str)
    """A WalletChoice, after serving was switched on."""
    ended = Signal()
    """It was closed, by whatever way: it does not come again."""

    def __init__(self, theme: Theme, intents: Intents, parent: QWidget, facts: Facts) -> None:
        super().__init__(theme, intents, parent)
        self._facts = facts
        self.answers = Answers()
        self.screen_shown = Screen.WELCOME
        self._content: QWidget | None = None
        self.url: QLineEdit | None = None
        self.choices: dict[object, QRadioButton] = {}
        self._step = PlainLabel("", "caption")
        self._foot.insertWidget(0, self._step)
        self.skip = self.add_button(self.tr("Not now"), self.reject, "quiet")
        self.back = self.add_button(self.tr("Back"), self._on_back)
        self.demo = self.add_button(self.tr("Try the demo"), self._on_demo, icon="demo")
        self.next = self.add_button(self.tr("Continue"), self._on_next, "primary")
        self.finished.connect(lambda: self.ended.emit())
        self._show_screen()

    def show_facts(self, facts: Facts) -> None:
        """What the launcher has found out meanwhile, such as the GPUs."""
        if facts != self._facts:
            self._facts = facts
            if self.screen_shown in (Screen.HARDWARE, Screen.ENGINE):
                self._show_screen()

    # The way.

    def _on_next(self) -> None:
        if self.screen_shown is Screen.WELCOME:
            self.answers = replace(self.answers, purpose=Purpose.SERVE)
        if self.screen_shown is Screen.GATEWAY and self.url is not None:
            self.answers = replace(self.answers, gateway_url=self.url.text().strip())
        lacks = missing(self.screen_shown, self.answers, self._facts)
        if lacks is not None:
            self._show_missing(lacks)
            return
        following = after(self.screen_shown, self.answers, self._facts)
        if following is None:
            self._start(plan(self.answers, self._facts))
        else:
            self._go_to(following)

    def _on_back(self) -> None:
        earlier = before(self.screen_shown, self.answers, self._facts)
        if earlier is not None:
            self._go_to(earlier)

    def _on_demo(self) -> None:
        self.answers = replace(self.answers, purpose=Purpose.DEMO)
        self.accept()
        self.demo_wished.emit()

    def _go_to(self, screen: Screen) -> None:
        self.show_problem("")
        self.screen_shown = screen
        self._show_screen()
        self.next.setFocus()

    def _start(self, wanted: Plan) -> None:
        def done(_: None) -> None:
            self.accept()
            if wanted.open_wallet is not WalletChoice.LATER:
                self.wallet_wished.emit(wanted.open_wallet.value)

        self.ask(_carry_out(wanted), done)

    # The screens.

    def _show_screen(self) -> None:
        if self._content is not None:
            self.body.removeWidget(self._content)
            self._content.hide()
            self._content.deleteLater()
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._theme.metrics.space(3))
        self.choices = {}
        self.url = None
        title, fill = {
            Screen.WELCOME: (self.tr("Welcome to R3MES"), self._welcome),
            Screen.HARDWARE: (self.tr("What this computer can do"), self._hardware),
            Screen.ENGINE: (self.tr("Engine and model"), self._engine),
            Screen.WALLET: (self.tr("A wallet for what it earns"), self._wallet),
            Screen.GATEWAY: (self.tr("Where requests come from"), self._gateway),
            Screen.REVIEW: (self.tr("Ready to start"), self._review),
        }[self.screen_shown]
        self.show_title(title)
        fill(column)
        column.addStretch(1)
        self.body.addWidget(self._content)
        self._content.show()
        welcome = self.screen_shown is Screen.WELCOME
        way = screens(replace(self.answers, purpose=Purpose.SERVE), self._facts)
        place = way.index(self.screen_shown) + 1 if self.screen_shown in way else len(way)
        self._step.show_text("" if welcome else self.tr("{step} of {count}").format(step=place, count=len(way)))
        self.demo.setVisible(welcome)
        self.skip.setVisible(welcome)
        self.back.setVisible(not welcome)
        names = {Screen.WELCOME: self.tr("Serve with this computer"), Screen.REVIEW: self.tr("Start serving")}
        self.next.setText(names.get(self.screen_shown, self.tr("Continue")))
        self.next.setAccessibleName(self.next.text())
        self.fit()

    def _welcome(self, column: QVBoxLayout) -> None:
        for text in (
            self.tr("This computer can answer requests for an AI network and be paid for it."),
            self.tr("A few questions, and it serves. Nothing is downloaded before you say so, and all of it can be "
                    "changed later."),
            self.tr("Only curious? The demo plays a computer with two GPUs, offline and without a download."),
        ):  # fmt: skip
            column.addWidget(PlainLabel(text, wrap=True))

    def _hardware(self, column: QVBoxLayout) -> None:
        verdict = Callout(self._theme, Tone.GOOD if self._facts.usable_gpu else Tone.WARNING)
        words = driver_wording(self._facts.driver, "")
        if self._facts.usable_gpu:
            verdict.show_tone(Tone.BUSY)
            verdict.show_words(self.tr("Ready to serve: {cards}").format(cards=", ".join(self._facts.gpus)))
        elif self._facts.driver is GpuDriver.OK:
            verdict.show_words(self.tr("No GPU found"), self.tr("The driver works but sees no usable GPU."))
        else:
            verdict.show_words(words.title, words.sentence)
        column.addWidget(verdict)
        gpu = (
            self.tr("Serve with the GPU")
            if self._facts.usable_gpu
            else self.tr("Serve with a GPU (none is usable now)")
        )
        self._choose(
            column,
            [
                (DeviceChoice.AUTO, gpu),
                (DeviceChoice.CPU, self.tr("Serve with the processor: slow, to try things out")),
            ],
            self.answers.device,
            lambda device: replace(self.answers, device=device),
        )

    def _engine(self, column: QVBoxLayout) -> None:
        if self._facts.engine_installed:
            column.addWidget(PlainLabel(self.tr("The engine is installed already."), wrap=True))
        elif self._facts.download_bytes:
            size = figures.size(self._facts.download_bytes)
            column.addWidget(
                PlainLabel(self.tr("The engine is downloaded once: {size}.").format(size=size), "strong", wrap=True)
            )
        else:
            column.addWidget(PlainLabel(self.tr("The engine is downloaded once, when you start."), "strong", wrap=True))
        for text in (
            self.tr("It gets its own folder; nothing else on this computer changes, and you can cancel it."),
            self.tr("It begins with a small model that comes with it, SmolLM2 135M, so the first answer needs no other "
                    "download. Choose a larger one on Home at any time."),
        ):  # fmt: skip
            column.addWidget(PlainLabel(text, wrap=True))

    def _wallet(self, column: QVBoxLayout) -> None:
        column.addWidget(
            PlainLabel(self.tr("What the node earns goes to your wallet. Serving for a try needs none."), wrap=True)
        )
        self._choose(
            column,
            [
                (WalletChoice.LATER, self.tr("Later")),
                (WalletChoice.MAKE, self.tr("Make a wallet when serving has started")),
                (WalletChoice.RESTORE, self.tr("Restore one from its words when serving has started")),
            ],
            self.answers.wallet,
            lambda choice: replace(self.answers, wallet=choice),
        )

    def _gateway(self, column: QVBoxLayout) -> None:
        column.addWidget(
            PlainLabel(self.tr("A gateway hands requests to nodes. One comes with R3MES, for yourself."), wrap=True)
        )
        self._choose(
            column,
            [
                (GatewayKind.LOCAL, self.tr("The gateway on this computer")),
                (GatewayKind.REMOTE, self.tr("A gateway of the network, by its address")),
            ],
            self.answers.gateway_kind,
            lambda kind: replace(self.answers, gateway_kind=kind),
        )
        self.url = QLineEdit(self.answers.gateway_url)
        self.url.setAccessibleName(self.tr("Address of the gateway"))
        self.url.setPlaceholderText("https://gateway.example.org")
        self.url.setMaxLength(_LONGEST_URL)
        self.url.textEdited.connect(self._on_url)
        column.addWidget(self.url)

    def _review(self, column: QVBoxLayout) -> None:
        made = self.answers
        device = self.tr("the GPU") if made.device is DeviceChoice.AUTO else self.tr("the processor (slow)")
        local = made.gateway_kind is GatewayKind.LOCAL
        gateway = self.tr("the one on this computer") if local else made.gateway_url
        size = figures.size(self._facts.download_bytes) if self._facts.download_bytes else self.tr("size not known yet")
        lines = [
            self.tr("Serves with: {device}").format(device=device),
            self.tr("Model: {model}").format(model="SmolLM2 135M"),
            self.tr("Gateway: {gateway}").format(gateway=gateway),
            self.tr("Download: {size}").format(size=self.tr("none") if self._facts.engine_installed else size),
        ]
        for line in lines:
            column.addWidget(PlainLabel(line, wrap=True))
        column.addWidget(
            PlainLabel(
                self.tr("Starting switches Serving on. Home shows how far it is and stops it."), "muted", wrap=True
            )
        )

    def _choose(
        self,
        column: QVBoxLayout,
        options: list[tuple[object, str]],
        chosen: object,
        answer: Callable[..., Answers],
    ) -> None:
        group = QButtonGroup(self._content)
        for value, text in options:
            radio = QRadioButton(text)
            radio.setChecked(value == chosen)
            group.addButton(radio)
            column.addWidget(radio)
            self.choices[value] = radio

            def choose(on: bool, value: object = value) -> None:
                if on:
                    self.answers = answer(value)
                    self.show_problem("")

            radio.toggled.connect(choose)

    def _on_url(self) -> None:
        self.choices[GatewayKind.REMOTE].setChecked(True)
        self.show_problem("")
        if self.url is not None:
            restyle(self.url, "invalid", "false")

    def _show_missing(self, lacks: Missing) -> None:
        sentences = {
            Missing.PURPOSE: self.tr("Choose what this computer should do."),
            Missing.DEVICE: self.tr(
                "There is no usable GPU. Choose the processor, or stop here and mend the driver first."
            ),
            Missing.GATEWAY_URL: self.tr("Enter the gateway's address, such as https://gateway.example.org."),
        }
        self.show_problem(sentences[lacks])
        if lacks is Missing.GATEWAY_URL and self.url is not None:
            restyle(self.url, "invalid", "true")
            self.url.setFocus()


def _carry_out(wanted: Plan) -> Callable[[Core], Awaitable[None]]:
    async def perform(core: Core) -> None:
        await core.choose_device(wanted.device)
        await core.choose_model(wanted.model)
        await core.choose_gateway(wanted.gateway_kind, wanted.gateway_url)
        await core.set_desired(Desired.SERVING)

    return perform
