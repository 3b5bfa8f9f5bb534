"""Disabled: the gateway answers everything but prompts."""

from __future__ import annotations

from r3mes_api.modes.interface import ModelCard
from r3mes_api.modes.without_nodes import WithoutNodes
from r3mes_api.routing.question import Audience, Question
from r3mes_api.setting_kinds import InferenceMode
from r3mes_protocol.errors import ApiError, ErrorCode


class DisabledMode(WithoutNodes):
    def __init__(self) -> None:
        super().__init__(InferenceMode.DISABLED)

    def check(self) -> None:
        raise ApiError(
            ErrorCode.INFERENCE_DISABLED,
            "Inference is disabled on this gateway; its operator can set R3MES_INFERENCE_MODE to remote or mock.",
        )

    async def answer(self, question: Question, to: Audience) -> None:
        self.check()

    def models(self) -> list[ModelCard]:
        return []
