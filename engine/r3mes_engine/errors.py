"""How the engine says that something did not work: to its supervisor, and to whoever asked for an answer."""

from __future__ import annotations

from r3mes_protocol.errors import ApiError, ErrorCode
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.messages import Capacity, FailureCode


class EngineExit(Exception):
    """A foreseeable reason to end: what happened and why, and what a person can do about it."""

    def __init__(self, exit_code: ExitCode, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.code = code
        self.message = message
        self.hint = hint


class ModelUnusable(EngineExit):
    """The model is missing, damaged, or of a kind that is not served. Exit code 11."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(ExitCode.MODEL_UNUSABLE, "model_unusable", message, hint)


class PermissionNeeded(ModelUnusable):
    """A hub gives a file to people with an account alone, and there is no token, or one that it does not take."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.code = "permission_needed"


class GenerationFailed(Exception):
    """Why a request got no answer, or no whole one. `capacity` comes with refusals for lack of room."""

    def __init__(
        self, code: FailureCode, message: str, *, capacity: Capacity | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.capacity = capacity
        self.param = param

    @property
    def retryable(self) -> bool:
        """Whether another node may well answer the same request."""
        return self.code not in (
            FailureCode.INVALID_REQUEST,
            FailureCode.CONTEXT_TOO_LONG,
            FailureCode.CANCELLED,
        )

    def as_api_error(self) -> ApiError:
        """The same for a client of the loopback server."""
        return ApiError(_API_CODES[self.code], self.message, param=self.param)


_API_CODES = {
    FailureCode.CAPACITY: ErrorCode.NETWORK_BUSY,
    FailureCode.DRAINING: ErrorCode.SHUTTING_DOWN,
    FailureCode.MODEL_NOT_FOUND: ErrorCode.MODEL_NOT_FOUND,
    FailureCode.ADAPTER_NOT_FOUND: ErrorCode.ADAPTER_NOT_FOUND,
    FailureCode.INVALID_REQUEST: ErrorCode.INVALID_REQUEST,
    FailureCode.CONTEXT_TOO_LONG: ErrorCode.CONTEXT_TOO_LONG,
    FailureCode.DEADLINE: ErrorCode.FIRST_TOKEN_TIMEOUT,
    FailureCode.CANCELLED: ErrorCode.INTERNAL,
    FailureCode.OUT_OF_MEMORY: ErrorCode.NODE_FAILED,
    FailureCode.ENGINE_ERROR: ErrorCode.INTERNAL,
}
