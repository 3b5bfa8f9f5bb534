"""Puts the parts together: which environment serves a role on this computer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from r3mes_installer.accelerator import pip_offers
from r3mes_installer.cancellation import Cancellation
from r3mes_installer.disk import FreeBytes, free_bytes
from r3mes_installer.environment import Environment, FindPip, Interpreter
from r3mes_installer.failure import Failure, FailureCode
from r3mes_installer.locations import Locations
from r3mes_installer.locks import ACCELERATORS, INPUTS, Role, lock_name, read_lock
from r3mes_installer.pip_runner import find_pip
from r3mes_installer.target import Accelerator, Platform, Target

CPU_BUILD_OF = "torch"
IMPORTS = {
    Role.LAUNCHER: ("pydantic", "uvicorn", "nacl.bindings"),
    Role.ENGINE: ("torch", "transformers", "pydantic"),
    Role.TEST: ("torch", "pytest"),
}
"""What must be importable in a complete environment. Not Qt: it needs system libraries, which are looked at when a
window is to open; without a display the launcher works on a system that has none of them."""

PipOffers = Callable[[str, str, Cancellation], bool | None]


@dataclass(frozen=True, slots=True)
class Choice:
    environment: Environment
    note: str = ""
    """Why it is not the build one would expect; a sentence or empty."""


class Workshop:
    def __init__(
        self,
        locations: Locations,
        target: Target,
        interpreter: Interpreter,
        pip_offers: PipOffers = pip_offers,
        free: FreeBytes = free_bytes,
        foreign_pip: FindPip = lambda reporter, cancellation: find_pip(),
    ) -> None:
        self.locations = locations
        self._target = target
        self._interpreter = interpreter
        self._pip_offers = pip_offers
        self._free = free
        self._foreign_pip = foreign_pip

    @property
    def accelerators(self) -> tuple[Accelerator, ...]:
        """The builds that there are for this platform."""
        return ACCELERATORS[self._target.platform]

    def environment(self, role: Role, accelerator: Accelerator = Accelerator.CPU) -> Environment:
        """Raises Failure when there is no lock for this computer."""
        folder, target = self.locations.locks, self._target
        lock = read_lock(folder, lock_name(role, target.platform, accelerator), target)
        bootstrap = read_lock(folder, lock_name(Role.BOOTSTRAP, target.platform), target)
        imports = IMPORTS.get(role, ())
        return Environment(
            role,
            lock,
            bootstrap,
            self.locations,
            self._interpreter,
            imports,
            accelerator,
            self._free,
            self._foreign_pip,
        )

    def choose(self, role: Role, wanted: Accelerator, cancellation: Cancellation) -> Choice:
        """The environment for a role whose builds differ by accelerator. Raises Failure.

        A complete environment that serves is taken as it is (the CUDA build computes on CPUs too). Where pip finds no
        CPU build, the default build of the package index serves instead.
        """
        assert INPUTS[role].accelerated
        available = self.accelerators
        if wanted not in available:
            system = "Windows" if self._target.platform is Platform.WINDOWS else "macOS"
            raise Failure(
                FailureCode.NO_BUILD,
                f"There is no CUDA build of the engine for {system} yet.",
                "Choose the CPU (for trying out), or run the node on Linux.",
            )
        candidates = [wanted]
        if wanted is Accelerator.CPU and Accelerator.CUDA in available:
            candidates.append(Accelerator.CUDA)
        environments = [found for found in (self._found(role, each) for each in candidates) if found]
        if not environments:
            return Choice(self.environment(role, wanted))
        for environment in environments:
            if environment.is_complete():
                return Choice(environment)
        first = environments[0]
        if first.accelerator is not wanted:
            return Choice(
                first, self._note(f"The locks know no CPU build of {CPU_BUILD_OF} for Python {self._target.python}")
            )
        if len(environments) > 1 and self._offered(first, cancellation) is False:
            return Choice(environments[1], self._note(f"pip finds no CPU build of {CPU_BUILD_OF}"))
        return Choice(first)

    def _found(self, role: Role, accelerator: Accelerator) -> Environment | None:
        try:
            return self.environment(role, accelerator)
        except Failure as failure:
            if failure.code is not FailureCode.NO_BUILD and failure.code is not FailureCode.LOCKS:
                raise
            return None

    def _offered(self, environment: Environment, cancellation: Cancellation) -> bool | None:
        version = next(
            line.split()[0].partition("==")[2]
            for line in environment.lock.content.decode("ascii").splitlines()
            if line.startswith(f"{CPU_BUILD_OF}==")
        )
        return self._pip_offers(CPU_BUILD_OF, version, cancellation)

    @staticmethod
    def _note(reason: str) -> str:
        return f"{reason}: the larger default build, with CUDA inside, is taken."
