"""Loading a checked model folder into memory, and turning a GGUF file into such a folder."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gguf as gguf_format
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, GgufConfig

from r3mes_engine.backends.protocol import Sampling
from r3mes_engine.errors import EngineExit, ModelUnusable
from r3mes_engine.hardware.gpu_faults import ending, gpu_fault
from r3mes_engine.models.deferred_imports import no_symbols
from r3mes_engine.models.memory_plan import Quantisation
from r3mes_protocol.exit_codes import ExitCode

DTYPE = torch.bfloat16
"""What converted models are kept in: half the room of float32, and no loss for models that were trained in it."""


def native_dtype(device: torch.device) -> torch.dtype:
    """The kind of numbers in which the device multiplies fastest.

    Processors with AVX512-BF16 or AMX do bfloat16 at 1.7 times the pace of float32, others at a third of it.
    """
    if device.type != "cpu" or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported():
        return torch.bfloat16
    return torch.float32


def convert_gguf(gguf: Path, folder: Path) -> None:
    """Writes a Hugging Face folder with dense weights. Raises what the library raises."""
    with _parsed_once():
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        model, told = AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            gguf_file=gguf.name,
            dtype=DTYPE,
            # Otherwise the result is still called quantised: it can't be saved, nor trained.
            quantization_config=GgufConfig(dequantize=True),
            output_loading_info=True,
        )
    _check_complete(told)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@contextmanager
def _parsed_once() -> Iterator[None]:
    """Lets the library keep what it would work out again: it parses the header three times, some seconds each, and
    asks for the same table of names once per module. Together that is half of a conversion's time.
    """
    reader, name_map = gguf_format.GGUFReader, gguf_format.get_tensor_name_map
    gguf_format.GGUFReader = functools.cache(reader)
    gguf_format.get_tensor_name_map = functools.cache(name_map)
    try:
        yield
    finally:
        gguf_format.GGUFReader, gguf_format.get_tensor_name_map = reader, name_map


def load_tokenizer(folder: Path) -> Any:
    """Raises ModelUnusable, also for a tokenizer without a chat template."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise _unusable(folder, "tokenizer", error) from error
    if not tokenizer.chat_template:
        raise ModelUnusable(
            f"The model in {folder} has no chat template, so it can't hold a conversation.",
            "Choose an instruct or chat model.",
        )
    return tokenizer


def native_quantisation(device: torch.device) -> Quantisation:
    return "bf16" if native_dtype(device) is torch.bfloat16 else "fp32"


def can_load() -> tuple[Quantisation, ...]:
    """The kinds of weights that the installed libraries know."""
    quantised: tuple[Quantisation, ...] = ("int8", "nf4") if find_spec("bitsandbytes") is not None else ()
    return ("fp32", "bf16", *quantised)


def load_model(folder: Path, device: torch.device, quantisation: Quantisation | None = None) -> Any:
    """`quantisation` None: in what the device is fastest in. Raises ModelUnusable, or EngineExit (14) when it does not
    fit."""
    kind = quantisation or native_quantisation(device)
    if kind not in can_load():
        raise EngineExit(
            ExitCode.CONFIGURATION,
            "quantisation_missing",
            f"Weights of the kind {kind} need the package bitsandbytes, which is not installed.",
            "Choose --quantisation bf16, or install the engine again.",
        )
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}.get(kind, native_dtype(device))
    quantised = kind in ("int8", "nf4")
    try:
        arguments = {
            "dtype": dtype,
            "attn_implementation": "sdpa",
            "local_files_only": True,
            "trust_remote_code": False,
            "use_safetensors": True,
            "quantization_config": _bitsandbytes(kind, dtype) if quantised else None,
            # Quantised weights are made on their way to the device and can't be moved afterwards.
            "device_map": {"": device} if quantised else None,
            "output_loading_info": True,
        }
        model, told = _made(folder, arguments, symbols=quantised)
        _check_complete(told)
        return model.eval() if quantised else model.to(device).eval()
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise EngineExit(
            ExitCode.OUT_OF_MEMORY,
            "out_of_memory",
            f"The model in {folder} does not fit into the memory of this {device.type.upper()}.",
            "Close other programs that use it, or choose a smaller model.",
        ) from error
    except Exception as error:
        if (fault := gpu_fault(error)) is not None:
            # The model is not to blame.
            raise ending(fault) from error
        raise _unusable(folder, "model", error) from error


def _check_complete(told: Mapping[str, Any]) -> None:
    """The library fills weights that it does not find with random numbers and warns: such a model talks nonsense.
    Raises ValueError."""
    missing = sorted(told["missing_keys"])
    if missing:
        raise ValueError(f"{len(missing)} of its weights are missing, such as {missing[0][:80]}")


def _made(folder: Path, arguments: dict[str, Any], symbols: bool) -> Any:
    """What the library returns; without symbols in less memory, which some kinds of models can't be made in."""
    if not symbols:
        try:
            with no_symbols():
                return AutoModelForCausalLM.from_pretrained(folder, **arguments)
        except RuntimeError as error:
            if "meta" not in str(error):
                raise
    return AutoModelForCausalLM.from_pretrained(folder, **arguments)


def _bitsandbytes(kind: Quantisation, dtype: torch.dtype) -> BitsAndBytesConfig:
    if kind == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)


def recommended_sampling(model: Any) -> Sampling:
    """What the makers wrote into generation_config.json; nothing where they sample greedily or say nothing."""
    config = model.generation_config
    if not getattr(config, "do_sample", False):
        return Sampling()
    return Sampling(getattr(config, "temperature", None), getattr(config, "top_p", None))


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """Tokens that end an answer."""
    ends = getattr(model.generation_config, "eos_token_id", None)
    found = {ends} if isinstance(ends, int) else set(ends or ())
    if tokenizer.eos_token_id is not None:
        found.add(tokenizer.eos_token_id)
    return sorted(found)


def _unusable(folder: Path, what: str, error: Exception) -> ModelUnusable:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return ModelUnusable(
        f"The {what} in {folder} can't be loaded: {reason}.",
        "Choose a language model that the transformers library knows, or download it again.",
    )
