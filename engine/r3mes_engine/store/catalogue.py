"""The catalogue: which models and adapters can be downloaded by name, and what their files have to be.

The catalogue of R3MES is `assets/models.json`; an operator may add files of the same form.
"""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from r3mes_engine.errors import EngineExit
from r3mes_engine.models.memory_plan import Quantisation
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.wire import Hex64, Name, ProtocolError, parse_json

MAX_CATALOGUE_BYTES = 8 * 1024 * 1024
MAX_FILE_BYTES = 2**42
"""4 TiB: more than any model; a larger number is a mistake."""
MAX_FILES = 1000
OWN_CATALOGUE = "catalogue.json"
"""In the state folder: what `models add` wrote."""

GGUF = ".gguf"
_SUFFIXES = (GGUF, ".safetensors", ".json", ".txt", ".model", ".jinja")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
"""Names that Windows keeps for devices, whatever follows the first dot."""

EntryName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$")]
"""A folder's name on every system, and a model's name in every URL."""

Kind = Literal["model", "adapter"]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class CatalogueFile(_Strict):
    name: str
    url: Annotated[str, Field(max_length=2000)] | None = None
    """https. Null: the file comes with the package that the entry names."""
    size: Annotated[int, Field(gt=0, le=MAX_FILE_BYTES)]
    sha256: Hex64

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not is_file_name(self.name):
            raise ValueError(f"a file needs a plain name that ends in one of {', '.join(_SUFFIXES)}")
        if self.url is not None and not is_allowed_url(self.url):
            raise ValueError("a file's url needs to begin with https://, and no password may be in it")
        return self


class CatalogueSampling(_Strict):
    """What the makers recommend, where it is not in the files."""

    temperature: Annotated[float, Field(ge=0, le=2)]
    top_p: Annotated[float, Field(gt=0, le=1)]


class CatalogueEntry(_Strict):
    name: EntryName
    kind: Kind = "model"
    licence: Name
    """An SPDX identifier, or what the makers call it."""
    source: Annotated[str, Field(max_length=2000)] = ""
    """A page that tells about it."""
    context_tokens: Annotated[int, Field(gt=0)] | None = None
    base_model: Name | None = None
    """Of an adapter."""
    memory_mb: dict[Quantisation, Annotated[int, Field(gt=0)]] = {}
    """What serving one conversation of 2048 tokens takes, by the kind of numbers."""
    sampling: CatalogueSampling | None = None
    gated: bool = False
    """Whether its makers ask for an account: it needs a token then."""
    package: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")] | None = None
    """The installed Python package that brings the files along."""
    files: Annotated[tuple[CatalogueFile, ...], Field(min_length=1, max_length=MAX_FILES)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.name.lower().split(".")[0] in _RESERVED:
            raise ValueError("this name is kept for a device on Windows")
        names = [file.name.lower() for file in self.files]
        if len(set(names)) != len(names):
            raise ValueError("two files have the same name")
        if any((file.url is None) != (self.package is not None) for file in self.files):
            raise ValueError("every file needs a url, unless a package brings all of them along")
        problem = missing_parts(self.kind, names)
        if problem:
            raise ValueError(problem)
        return self

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def gguf(self) -> str | None:
        """The name of the one file of a GGUF model."""
        return next((file.name for file in self.files if file.name.lower().endswith(GGUF)), None)


class Catalogue(_Strict):
    format: Literal[1] = 1
    entries: tuple[CatalogueEntry, ...]


_CATALOGUE: TypeAdapter[Catalogue] = TypeAdapter(Catalogue)


class CatalogueUnusable(EngineExit):
    """A catalogue that can't be used, or a name that is in none. Exit code 78 or 11."""


def is_file_name(name: str) -> bool:
    """Whether a file may be called so: in its own folder on every system, and of a kind that is not a program."""
    plain = _FILE_NAME.fullmatch(name) is not None and not name.endswith(".")
    return plain and name.lower().endswith(_SUFFIXES) and name.lower().split(".")[0] not in _RESERVED


def is_allowed_url(url: str) -> bool:
    """https to anywhere, http to this very computer. No user names: they would end up in logs."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or any(c.isspace() for c in url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def missing_parts(kind: Kind, names: Iterable[str]) -> str:
    """What these files lack to be a model or an adapter; empty where they are whole."""
    names = set(names)
    if kind == "adapter":
        lacking = {"adapter_config.json", "adapter_model.safetensors"} - names
        return f"an adapter needs {min(lacking)}" if lacking else ""
    ggufs = [name for name in names if name.endswith(GGUF)]
    if ggufs:
        return "" if len(names) == 1 else "a GGUF model is one file"
    if "config.json" not in names:
        return "a model needs config.json, or is one GGUF file"
    if not any(name.endswith(".safetensors") for name in names):
        return "a model needs weights in a .safetensors file"
    return ""


def read_catalogue(path: Path) -> Catalogue:
    """Raises CatalogueUnusable that names the file and what is wrong with it."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CATALOGUE_BYTES + 1)
        catalogue = parse_json(_CATALOGUE, data, MAX_CATALOGUE_BYTES)
    except OSError as error:
        raise _unusable(path, f"can't be read: {error.strerror}") from None
    except ProtocolError as error:
        raise _unusable(path, f"is not one: {error.reason}") from None
    seen: set[str] = set()
    for entry in catalogue.entries:
        if entry.name.lower() in seen:
            raise _unusable(path, f"names {entry.name} twice")
        seen.add(entry.name.lower())
    return catalogue


def read_catalogues(own: Path, more: Sequence[Path] = ()) -> Mapping[str, CatalogueEntry]:
    """By lower-case name: the catalogue of R3MES, the operator's own where it exists, and `more`.

    Raises CatalogueUnusable, also where two catalogues mean different things by one name.
    """
    found: dict[str, CatalogueEntry] = {}
    for path in (bundled_catalogue(), *([own] if own.exists() else []), *more):
        for entry in read_catalogue(path).entries:
            if found.setdefault(entry.name.lower(), entry) != entry:
                raise _unusable(path, f"says something else of {entry.name} than another catalogue")
    return found


def entry_named(entries: Mapping[str, CatalogueEntry], name: str) -> CatalogueEntry:
    """Raises CatalogueUnusable with exit code 11."""
    entry = entries.get(name.lower())
    if entry is None:
        raise CatalogueUnusable(
            ExitCode.MODEL_UNUSABLE,
            "model_unknown",
            f"There is no {name[:100]!r} in the catalogue.",
            "`r3mes-engine models list` shows what there is; `models add URL` adds to it.",
        )
    return entry


def write_catalogue(path: Path, entries: Iterable[CatalogueEntry]) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(
        Catalogue(entries=tuple(entries)).model_dump_json(indent=2, exclude_defaults=False, exclude_none=True) + "\n",
        encoding="utf-8",
    )
    draft.replace(path)


def bundled_catalogue() -> Path:
    """Beside the package when installed, at the top of a source checkout."""
    package = Path(__file__).resolve().parents[1]
    candidates = [package / "assets", package.parents[1] / "assets"]
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        candidates.insert(0, Path(frozen) / "assets")
    return next((folder / "models.json" for folder in candidates if (folder / "models.json").is_file()), candidates[0])


def _unusable(path: Path, problem: str) -> CatalogueUnusable:
    return CatalogueUnusable(
        ExitCode.CONFIGURATION,
        "catalogue_unusable",
        f"The catalogue {path} {problem}.",
        "Mend the file, or leave it out; `assets/models.json` shows the form.",
    )
