"""What is found out when something is wrong: the doctor's report, and the bundle for somebody who helps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from r3mes_launcher.core.data_folder import DataFolder
from r3mes_launcher.core.doctor.doctor import Doctor, DoctorParts, Situation
from r3mes_launcher.core.doctor.report import DoctorReport, DoctorState, GpuFlaw
from r3mes_launcher.core.gateway_client import GatewayClient
from r3mes_launcher.core.settings import SettingsStore
from r3mes_launcher.core.state import Actual, GatewayState
from r3mes_launcher.core.state_board import StateBoard

if TYPE_CHECKING:
    from r3mes_launcher.core.bundle.bundle import BundleFile

REPORT_FRESH_S = 600.0
"""A doctor's report that is older says too little about now."""


class Diagnosis:
    """Owned by the core's loop. Its steps are in the state of the board."""

    def __init__(
        self,
        parts: DoctorParts,
        client: GatewayClient,
        settings: SettingsStore,
        folder: DataFolder,
        board: StateBoard,
        started: asyncio.Event,
    ) -> None:
        self._parts = parts
        self._settings = settings
        self._folder = folder
        self._board = board
        self._started = started
        self._doctor = Doctor(parts, client, self._on_doctor)

    def _on_doctor(self, doctor: DoctorState) -> None:
        self._board.change(doctor=doctor)

    def note_gpu(self, uuid: str, flaw: GpuFlaw | None) -> None:
        self._doctor.note_gpu(uuid, flaw)

    async def examine(self) -> DoctorReport:
        state, settings = self._board.state, self._settings.current
        gateway = state.gateway if self._started.is_set() else GatewayState(settings.gateway_kind, settings.gateway_url)
        return await self._doctor.examine(
            Situation(
                desired=settings.desired,
                device=settings.device,
                node_fault=state.node.fault,
                installing=state.node.actual is Actual.PROVISIONING,
                gateway_kind=gateway.kind,
                gateway_url=gateway.url,
                gateway_problem=gateway.message,
                gpus=self._board.gpus,
            )
        )

    async def bundle(self) -> tuple[BundleFile, ...]:
        """Redacted. Looks at this computer first where nobody did lately."""
        # What makes bundles is seldom needed, and a window has to open first.
        from r3mes_launcher.core.bundle.bundle import BundleFacts, bundle_files, system_redaction

        report = self._board.state.doctor.report
        if report is None or self._parts.clock.now() - report.at > REPORT_FRESH_S:
            report = await self.examine()
        facts = BundleFacts(
            self._board.state, tuple(self._board.past), self._settings.current, report, self._parts.logs.lines,
            self._folder.run_records,
        )  # fmt: skip
        return await asyncio.to_thread(lambda: bundle_files(facts, system_redaction()))

    async def close(self) -> None:
        await self._doctor.close()
