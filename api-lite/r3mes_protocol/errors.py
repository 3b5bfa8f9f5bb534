"""The error body that every HTTP route answers with, and the one list of its codes."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, NamedTuple


class ErrorCode(StrEnum):
    INFERENCE_DISABLED = "INFERENCE_DISABLED"
    NO_SERVING_NODES = "NO_SERVING_NODES"
    GPU_REQUIRED = "GPU_REQUIRED"
    NETWORK_BUSY = "NETWORK_BUSY"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    NODE_FAILED = "NODE_FAILED"
    FIRST_TOKEN_TIMEOUT = "FIRST_TOKEN_TIMEOUT"
    STREAM_STALLED = "STREAM_STALLED"
    MODEL_NOT_FOUND = "MODEL_NOT_FOUND"
    ADAPTER_NOT_FOUND = "ADAPTER_NOT_FOUND"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    INVALID_REQUEST = "INVALID_REQUEST"
    CONTEXT_TOO_LONG = "CONTEXT_TOO_LONG"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    UNAUTHORIZED = "UNAUTHORIZED"
    FORBIDDEN = "FORBIDDEN"
    RATE_LIMITED = "RATE_LIMITED"
    INSUFFICIENT_CREDITS = "INSUFFICIENT_CREDITS"
    INTERNAL = "INTERNAL"


class _Meaning(NamedTuple):
    status: int
    type: str


_MEANINGS: dict[ErrorCode, _Meaning] = {
    ErrorCode.INFERENCE_DISABLED: _Meaning(503, "service_unavailable"),
    ErrorCode.NO_SERVING_NODES: _Meaning(503, "service_unavailable"),
    ErrorCode.GPU_REQUIRED: _Meaning(503, "service_unavailable"),
    ErrorCode.NETWORK_BUSY: _Meaning(503, "service_unavailable"),
    ErrorCode.SHUTTING_DOWN: _Meaning(503, "service_unavailable"),
    ErrorCode.NODE_FAILED: _Meaning(502, "upstream_error"),
    ErrorCode.FIRST_TOKEN_TIMEOUT: _Meaning(504, "upstream_error"),
    ErrorCode.STREAM_STALLED: _Meaning(504, "upstream_error"),
    ErrorCode.MODEL_NOT_FOUND: _Meaning(404, "invalid_request_error"),
    ErrorCode.ADAPTER_NOT_FOUND: _Meaning(404, "invalid_request_error"),
    ErrorCode.NOT_FOUND: _Meaning(404, "invalid_request_error"),
    ErrorCode.METHOD_NOT_ALLOWED: _Meaning(405, "invalid_request_error"),
    ErrorCode.INVALID_REQUEST: _Meaning(400, "invalid_request_error"),
    ErrorCode.CONTEXT_TOO_LONG: _Meaning(400, "invalid_request_error"),
    ErrorCode.BODY_TOO_LARGE: _Meaning(413, "invalid_request_error"),
    ErrorCode.UNAUTHORIZED: _Meaning(401, "authentication_error"),
    ErrorCode.FORBIDDEN: _Meaning(403, "permission_error"),
    ErrorCode.RATE_LIMITED: _Meaning(429, "rate_limit_error"),
    ErrorCode.INSUFFICIENT_CREDITS: _Meaning(402, "insufficient_quota"),
    ErrorCode.INTERNAL: _Meaning(500, "server_error"),
}


class ApiError(Exception):
    """What a client is told: a code of the list, one sentence, and the parameter that is at fault."""

    def __init__(
        self, code: ErrorCode, message: str, *, param: str | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        return _MEANINGS[self.code].status

    def body(self) -> dict[str, Any]:
        return {
            "error": {
                "message": self.message,
                "type": _MEANINGS[self.code].type,
                "code": self.code.value,
                "param": self.param,
            }
        }

    def to_json(self) -> bytes:
        # A message may quote a path or a header that was no UTF-8.
        return json.dumps(self.body(), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
