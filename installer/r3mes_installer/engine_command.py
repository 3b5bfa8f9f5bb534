"""`installer engine`: makes the engine's environment. The launcher runs it as a child and reads its JSON lines."""

from __future__ import annotations

from collections.abc import Callable

from r3mes_installer.accelerator import wanted_accelerator
from r3mes_installer.cancellation import Cancellation
from r3mes_installer.environment import Environment
from r3mes_installer.locks import Role
from r3mes_installer.progress import Reporter
from r3mes_installer.target import Accelerator
from r3mes_installer.workshop import Workshop


def run_engine(
    workshop: Workshop,
    accelerator: str,
    plan_only: bool,
    gpu: Callable[[], bool],
    reporter: Reporter,
    cancellation: Cancellation,
) -> Environment:
    """Returns the engine's environment: complete, or only planned with `plan_only`. Raises Failure."""
    wanted = wanted_accelerator(accelerator, gpu())
    if accelerator == "auto" and wanted not in workshop.accelerators:
        reporter.say("There is no CUDA build of the engine for this system yet: the build for the CPU is taken.")
        wanted = Accelerator.CPU
    choice = workshop.choose(Role.ENGINE, wanted, cancellation)
    if choice.note:
        reporter.say(choice.note)
    environment = choice.environment
    if plan_only or environment.is_complete():
        reporter.plan(environment.plan())
    if not plan_only:
        environment.provision(reporter, cancellation)
    return environment
