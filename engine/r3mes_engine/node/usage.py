"""What a node says under its signature about one job: what it made and the bytes that it sent."""

from __future__ import annotations

import hashlib

from nacl.signing import SigningKey

from r3mes_protocol.messages import Job, Usage
from r3mes_protocol.session_signature import node_id_of
from r3mes_protocol.usage import SignedUsage, UsageStatement, sign_usage
from r3mes_protocol.wire import GatewayOrigin


class UsageMeter:
    """Reads along while the frames of one job are sent. The gateway settles the less of this and what it delivered."""

    def __init__(self, key: SigningKey, gateway: GatewayOrigin, job: Job) -> None:
        self._key = key
        self._gateway = gateway
        self._job = job
        self._digest = hashlib.sha256()
        self._bytes = 0

    def sent(self, payload: bytes) -> None:
        """To be called with the payload of each binary frame, in order."""
        self._digest.update(payload)
        self._bytes += len(payload)

    def signed(self, model: str, adapter: str | None, usage: Usage) -> SignedUsage:
        statement = UsageStatement(
            gateway=self._gateway,
            job_id=self._job.job_id,
            completion_id=self._job.completion_id,
            node_id=node_id_of(self._key),
            model=model,
            adapter=adapter,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            response_bytes=self._bytes,
            response_sha256=self._digest.hexdigest(),
        )
        return sign_usage(self._key, statement)
