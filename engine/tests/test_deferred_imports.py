"""What transformers would load and the engine never uses stays out, and comes when somebody asks for it."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from r3mes_engine.models.deferred_imports import DeferredCompiler, without

NAME = "a_compiler_for_tests"


@pytest.fixture
def deferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """In the place of a package whose modules need each other, as the real one's do."""
    package = tmp_path / NAME
    package.mkdir()
    (package / "__init__.py").write_text(
        "from . import config\nfrom .marks import disable\nloads = globals().get('loads', 0) + 1\n"
    )
    (package / "config.py").write_text("limit = 8\n")
    (package / "marks.py").write_text(
        f"from {NAME} import config\ndef disable(function):\n    return ('marked', function, config.limit)\n"
    )
    (package / "late.py").write_text(f"import {NAME}\nloads = {NAME}.loads\n")
    spec = importlib.machinery.PathFinder.find_spec(NAME, [str(tmp_path)])
    assert spec is not None
    module = DeferredCompiler(spec)
    monkeypatch.setitem(sys.modules, NAME, module)
    yield module
    for name in [name for name in sys.modules if name.startswith(f"{NAME}.")]:
        del sys.modules[name]


def is_real(module: ModuleType) -> bool:
    return type(module) is ModuleType


def test_marks_do_nothing_and_load_nothing(deferred: ModuleType) -> None:
    assert deferred.disable(len) is len
    assert deferred.disable(len, recursive=False) is len
    assert deferred.disable(reason="why")(len) is len
    assert deferred.allow_in_graph(len) is len
    deferred.mark_static_address([])
    assert not isinstance(deferred, deferred.eval_frame.OptimizedModule)
    assert not hasattr(deferred, "__all__")
    assert not is_real(deferred)


def test_whatever_else_is_asked_for_is_the_real_one(deferred: ModuleType) -> None:
    assert deferred.config.limit == 8
    assert is_real(deferred)
    assert deferred.disable(len) == ("marked", len, 8)
    assert deferred.loads == 1
    with pytest.raises(AttributeError):
        _ = deferred.nothing


def test_one_of_its_modules_loads_it_first(deferred: ModuleType) -> None:
    assert importlib.import_module(f"{NAME}.late").loads == 1
    assert is_real(deferred)


def test_packages_are_away_for_a_while_and_loaded_ones_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = "a_library_for_tests"
    (tmp_path / f"{library}.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    with without(library, "json"):
        assert importlib.util.find_spec(library) is None
        with pytest.raises(ImportError):
            importlib.import_module(library)
        assert importlib.import_module("json") is json
    assert importlib.import_module(library).__file__ == str(tmp_path / f"{library}.py")
    monkeypatch.delitem(sys.modules, library)


LOAD = """
import gc
import sys
from pathlib import Path
from r3mes_engine.model_process import load_libraries
load_libraries()
assert gc.isenabled() and gc.get_freeze_count() > 100_000, "the libraries are left alone"
import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM
from r3mes_engine.backends import transformers_backend
from r3mes_engine.models.loading import load_model
sizes = dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, vocab_size=32)
config = LlamaConfig(**sizes)
config.save_pretrained(sys.argv[1])
save_file(LlamaForCausalLM(config).state_dict(), sys.argv[1] + "/model.safetensors", {"format": "pt"})
load_model(Path(sys.argv[1]), torch.device("cpu"), "fp32")
compiler = "torch._dynamo.convert_frame"
print(sorted({compiler, "scipy", "sympy", "torch.distributed.tensor"} & set(sys.modules)))
"""
COMPILE = """
print(torch.compile(lambda x: x + 1, backend="eager")(torch.ones(2)).tolist(), compiler in sys.modules)
"""


def said_by(program: str, folder: Path) -> list[str]:
    command = [sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_model_is_loaded_without_them(tmp_path: Path) -> None:
    assert said_by(LOAD, tmp_path) == ["[]"]


@pytest.mark.slow
def test_the_real_compiler_comes_when_it_is_wanted(tmp_path: Path) -> None:
    assert said_by(LOAD + COMPILE, tmp_path) == ["[]", "[2.0, 2.0] True"]


OTHER_VERSION = """
import sys
sys.path.insert(0, sys.argv[1])
from r3mes_engine import model_process
model_process.LIBRARY = "transformers_later"
model_process.load_libraries()
print("torch._dynamo" in sys.modules, sys.modules["transformers_later"].loaded)
"""


def test_a_library_that_needs_what_was_left_out_is_loaded_whole(tmp_path: Path) -> None:
    later = "import sys\nif sys.modules.get('scipy', 0) is None:\n    raise ImportError('no scipy')\nloaded = True\n"
    (tmp_path / "transformers_later.py").write_text(later)
    assert said_by(OTHER_VERSION, tmp_path) == ["False True"]


def test_a_kind_of_model_that_needs_symbols_is_made_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from r3mes_engine.models import loading

    def from_pretrained(folder: Path, **_: object) -> tuple[torch.nn.Module, dict[str, list[str]]]:
        with torch.device("meta"):
            _ = torch.zeros(3) + torch.arange(3)
        return torch.nn.Linear(2, 2), {"missing_keys": []}

    monkeypatch.setattr(loading.AutoModelForCausalLM, "from_pretrained", from_pretrained)
    assert isinstance(loading.load_model(Path("model"), torch.device("cpu"), "fp32"), torch.nn.Linear)
