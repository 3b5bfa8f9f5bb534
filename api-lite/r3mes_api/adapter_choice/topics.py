"""The topics that adapters are made for: their names, keywords and examples, read from one file.

The file that comes with the program is `topics.json` beside this module; an operator may put another in its place.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

MAX_TOPICS_FILE_BYTES = 4 * 1024 * 1024
"""A file of 64 topics with thousands of keywords fits."""

TopicId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]
Phrase = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
AdapterName = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Keywords(_Model):
    strong: tuple[Phrase, ...] = ()
    """Said of this topic alone: one settles it."""
    weak: tuple[Phrase, ...] = ()
    """Said of other things too: it takes more than one to be sure."""


class Topic(_Model):
    id: TopicId
    adapter: AdapterName
    """The name that the public network gives to this topic's adapter."""
    aliases: tuple[AdapterName, ...] = ()
    """Other names of the same adapter, best first."""
    keywords: dict[str, Keywords] = Field(default_factory=dict)
    """By language. All languages are looked for in every prompt: people mix them."""
    exclude: tuple[Phrase, ...] = ()
    """Phrases whose words say nothing of this topic, such as "dress code" of programming."""
    examples: tuple[Annotated[str, StringConstraints(min_length=1, max_length=400)], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.adapter, *self.aliases)


class Topics(_Model):
    version: Annotated[int, Field(ge=1, le=1)]
    default: TopicId
    """The topic of everything that no other topic claims."""
    topics: Annotated[tuple[Topic, ...], Field(min_length=1, max_length=64)]

    @model_validator(mode="after")
    def _is_consistent(self) -> Topics:
        ids = [topic.id for topic in self.topics]
        if len(set(ids)) != len(ids):
            raise ValueError("two topics have the same id")
        if self.default not in ids:
            raise ValueError(f"the default topic {self.default!r} is not in the list")
        names = [name for topic in self.topics for name in topic.names]
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            raise ValueError(f"the adapter name {doubles[0]!r} is given twice")
        return self

    @cached_property
    def _by_id(self) -> dict[str, Topic]:
        return {topic.id: topic for topic in self.topics}

    @cached_property
    def _by_name(self) -> dict[str, Topic]:
        return {name: topic for topic in self.topics for name in topic.names}

    @property
    def default_topic(self) -> Topic:
        return self._by_id[self.default]

    def topic(self, topic_id: str) -> Topic:
        """Raises KeyError for a topic that is not in the file."""
        return self._by_id[topic_id]

    def aliases(self, name: str) -> tuple[str, ...]:
        """All names of an adapter, the given one first."""
        topic = self._by_name.get(name)
        return (name,) if topic is None else (name, *(other for other in topic.names if other != name))

    def available_name(self, name: str, available: Container[str]) -> str | None:
        """The name under which the network has this adapter: the very name, else another of the same topic."""
        if name in available:
            return name
        topic = self._by_name.get(name)
        return None if topic is None else first_available(topic.names, available)


def first_available(names: Iterable[str], available: Container[str]) -> str | None:
    return next((name for name in names if name in available), None)


class TopicsFileError(Exception):
    """The topics file can't be used; the message says which file, what is wrong and where."""


def bundled_topics() -> Topics:
    return load_topics(Path(__file__).with_name("topics.json"))


def load_topics(path: Path) -> Topics:
    """Raises TopicsFileError when the file is missing, is too large or is not a topics file."""
    try:
        if path.stat().st_size > MAX_TOPICS_FILE_BYTES:
            raise TopicsFileError(f"The topics file {path} is larger than {MAX_TOPICS_FILE_BYTES} bytes.")
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        return Topics.model_validate(document)
    except OSError as error:
        raise TopicsFileError(f"The topics file {path} can't be read: {error.strerror or error}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f" at {place}" if place else ""
        raise TopicsFileError(f"The topics file {path} is not valid{where}: {first['msg']}.") from None
    except (ValueError, RecursionError) as error:
        raise TopicsFileError(f"The topics file {path} is not JSON text: {error}.") from None
