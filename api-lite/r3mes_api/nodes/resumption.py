"""Which jobs of a lost socket go on at the next one, and from where. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from r3mes_api.routing.ledger import JobLedger
from r3mes_protocol.messages import Resume, ResumedJob
from r3mes_protocol.wire import JobId


class Resumption(NamedTuple):
    resumed: tuple[ResumedJob, ...]
    lost: tuple[JobId, ...]
    """The node has lost them, or says of them what can't be."""


def resumption(held: Mapping[JobId, JobLedger], offer: Resume) -> Resumption:
    """`held`: the jobs of the session that the offer names, and nobody else's.

    The node sends again from the last byte that came. So the next frame of a job follows the last one without a gap
    and without a repeat: what the node has dropped must have come, and what came must have been sent.
    """
    offered = {JobId(job.job_id): job for job in offer.jobs}
    resumed: list[ResumedJob] = []
    lost: list[JobId] = []
    for job_id, ledger in held.items():
        job = offered.get(job_id)
        if job is not None and ledger.terminal is None and job.kept <= ledger.received <= job.sent:
            resumed.append(ResumedJob(job_id=job_id, received=ledger.received, granted=ledger.granted))
        else:
            lost.append(job_id)
    return Resumption(tuple(resumed), tuple(lost))
