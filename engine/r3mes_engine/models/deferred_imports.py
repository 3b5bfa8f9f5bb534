"""Libraries that transformers loads for what the engine never does, left out until something really asks for them.

Of PyTorch's compiler it wants marks on functions and tensors, which mean something to that compiler alone and load all
of it; of its parts for many computers whether they are there; of scipy one function for the losses of object detectors.
Together that is 1,270 modules and 90 MiB.
What PyTorch loads to calculate with shapes that are symbols (sympy and what stands on it) is 480 modules and 37 MiB
more.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

COMPILER = "torch._dynamo"
PLAIN_PART = f"{COMPILER}._trace_wrapped_higher_order_op"
"""A module of the compiler's package that transformers reads and that needs nothing of the compiler."""


class DeferredCompiler(ModuleType):
    """In the place of PyTorch's compiler: marks nothing while it is not there, and becomes it when anything else of it
    is asked for."""

    def __init__(self, spec: importlib.machinery.ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__dict__.update(
            _real=spec,
            _lock=threading.RLock(),
            _loading=False,
            allow_in_graph=_unmarked,
            assume_constant_result=_unmarked,
            disable=_disable,
            mark_static_address=_mark_static_address,
            eval_frame=SimpleNamespace(OptimizedModule=_Compiled),
        )

    def __getattr__(self, name: str) -> Any:
        """Only for what is not there, the path of its other modules among it."""
        if name in _ASKED_OF_EVERY_MODULE:
            raise AttributeError(name)
        own = self.__dict__
        with own["_lock"]:
            if type(self) is DeferredCompiler and not own["_loading"]:
                own["_loading"] = True
                self._become_real(own["_real"])
        if name in own:
            return own[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def _become_real(self, spec: importlib.machinery.ModuleSpec) -> None:
        assert spec.loader is not None
        self.__spec__, self.__loader__, self.__file__ = spec, spec.loader, spec.origin
        self.__package__, self.__path__ = spec.name, list(spec.submodule_search_locations or ())
        spec.loader.exec_module(self)
        self.__class__ = ModuleType  # type: ignore[assignment]


_ASKED_OF_EVERY_MODULE = frozenset({"__all__", "__file__", "__wrapped__", "__warningregistry__"})
"""What tools ask of all loaded modules, which is no use of this one."""


class _Compiled:
    """What nothing is an instance of while there is no compiler; some ask each model."""


def _unmarked(function: Any) -> Any:
    return function


def _disable(
    fn: Any = None, recursive: bool = True, *, reason: str | None = None, wrapping: bool = True
) -> Any | Callable[[Any], Any]:
    return _unmarked if fn is None else fn


def _mark_static_address(tensor: Any, guard: bool = True) -> None:
    return None


def defer_compiler() -> None:
    """Once torch may be loaded, before transformers is. Does nothing where the compiler is there already."""
    if COMPILER in sys.modules:
        return
    torch = importlib.import_module("torch")
    spec = importlib.machinery.PathFinder.find_spec(COMPILER, torch.__path__)
    if spec is None or spec.loader is None:
        return
    sys.modules[COMPILER] = DeferredCompiler(spec)
    part = importlib.machinery.PathFinder.find_spec(PLAIN_PART, spec.submodule_search_locations)
    if part is not None and part.loader is not None:
        module = importlib.util.module_from_spec(part)
        sys.modules[PLAIN_PART] = module
        part.loader.exec_module(module)


def undo_deferral() -> None:
    """After transformers could not be loaded with it: the next try finds everything as if nothing had been deferred."""
    if type(sys.modules.get(COMPILER)) is DeferredCompiler:
        for name in (COMPILER, PLAIN_PART):
            sys.modules.pop(name, None)
    for name in [name for name in sys.modules if name.partition(".")[0] == "transformers"]:
        del sys.modules[name]


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Whoever looks for these packages meanwhile finds that they are not installed; those that are loaded stay."""
    absent = [package for package in packages if package not in sys.modules]
    for package in absent:
        sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for package in absent:
            del sys.modules[package]


@contextmanager
def not_distributed() -> Iterator[None]:
    """Whoever asks meanwhile hears that this PyTorch was built for one computer alone, as some are."""
    distributed = importlib.import_module("torch.distributed")
    said = getattr(distributed, "is_available", None)
    if said is None:
        yield
        return
    distributed.is_available = lambda: False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        distributed.is_available = said  # type: ignore[attr-defined]


@contextmanager
def no_symbols() -> Iterator[None]:
    """A model whose numbers come from a file is made meanwhile without two functions for tensors without memory that
    need symbols: numbers drawn for them are nobody's, and positions are counted in the computer's own memory."""
    torch = importlib.import_module("torch")
    with torch.device("cpu"):
        # PyTorch notes once, at the first use, which functions a device is chosen for: the real ones.
        torch.empty(0)
    drawn, counted = torch.nn.init.normal_, torch.arange

    def normal_(tensor: Any, *arguments: Any, **options: Any) -> Any:
        return tensor if tensor.is_meta else drawn(tensor, *arguments, **options)

    def arange(*arguments: Any, **options: Any) -> Any:
        if options.get("device") is None:
            options["device"] = "cpu"
        return counted(*arguments, **options)

    torch.nn.init.normal_, torch.arange = normal_, arange  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.nn.init.normal_, torch.arange = drawn, counted  # type: ignore[attr-defined]
