"""The engine's English sentences as ours: recognised by their shape, so that a front end can say them in its language.

The engine is another program and speaks English alone. What is not in this list is shown as it said it.
"""

from __future__ import annotations

import re
import string
from functools import cache

from r3mes_launcher.sentence import Sentence, as_sentence, phrase

MOST_CHARACTERS = 2_000
"""A longer text is none of these sentences."""

TEMPLATES = (
    # What it does on the way to a model that answers.
    phrase("looking for a GPU"),
    phrase("preparing the processor"),
    phrase("checking the model"),
    phrase("checking the model file"),
    phrase("converting the model, once"),
    phrase("loading the libraries"),
    phrase("loading the tokenizer"),
    phrase("loading the model"),
    phrase("loading the embedding model"),
    phrase("preparing the cache"),
    phrase("checking the adapters"),
    phrase("reading the script"),
    # Why a session with a gateway ended.
    phrase("the gateway said goodbye"),
    phrase("the gateway drains"),
    phrase("the gateway can't be reached ({cause})"),
    phrase("the gateway did not answer within {seconds} s"),
    phrase("the gateway answers {status} instead of a node session"),
    phrase("the gateway refused for now ({code}): {message}"),
    phrase("the connection took no data for {seconds} s"),
    phrase("this is no gateway ({kind})"),
    # Why it does not take part.
    phrase("The gateway {gateway} rejected this node ({code}): {message}"),
    phrase("The gateway at {gateway} calls itself {claimed}, so it may not have this node's signature."),
    phrase("Use --gateway {claimed} if that is the gateway you mean."),
    phrase("The gateway speaks version {version} of the node session, which this engine does not."),
    phrase("Make a new grant for this node in the wallet."),
    phrase("Ask the gateway's operator."),
    phrase("Update the engine."),
    phrase("The grant is for node {granted}, this node is {node}."),
    phrase("The node key {path} is damaged."),
    phrase("The node key {path} can't be read: {cause}."),
    phrase("The node key can't be written to {path}: {cause}."),
    # The GPU.
    phrase("No usable GPU: the NVIDIA driver is not installed on this computer."),
    phrase("No usable GPU: the NVIDIA driver is installed but not running."),
    phrase("No usable GPU: the NVIDIA driver was updated and the running part is still the old one."),
    phrase("No usable GPU: this user may not use the NVIDIA driver."),
    phrase("No usable GPU: the NVIDIA driver does not answer ({cause})."),
    phrase("No usable GPU: the NVIDIA driver answers with an error ({cause})."),
    phrase("The NVIDIA driver finds no GPU in this computer."),
    phrase("No GPU of this computer can be used ({reasons})."),
    phrase("Install the NVIDIA driver and restart the computer."),
    phrase("Restart the computer; if that does not help, install the driver again."),
    phrase("Restart the computer."),
    phrase("Update the NVIDIA driver and restart the computer."),
    phrase("Update the NVIDIA driver."),
    phrase("Check that the card is seated."),
    phrase("Use a newer card."),
    phrase("The GPU's memory had an error that could not be corrected."),
    phrase("Restart the computer; if it happens again, have the card replaced."),
    phrase("A calculation on the GPU broke off, and this process can't use the GPU any more."),
    phrase("Undo any overclocking; if it stays so, have the card replaced."),
    phrase("The installed PyTorch has nothing that this GPU can run."),
    # Memory, disk and the model.
    phrase("The model fits into the memory, but there is no room left to answer with it."),
    phrase("The model in {folder} does not fit into the memory of this {device}."),
    phrase("There is not enough memory for this model."),
    phrase("Close other programs, or choose a smaller model."),
    phrase("Close other programs that use it, or choose a smaller model."),
    phrase("Close other programs that use the memory, or choose a smaller model."),
    phrase("Close other programs that use the GPU."),
    phrase("There is no model at {path}."),
    phrase("There are no weights in {folder}: {file} is missing."),
    phrase("There is no tokenizer in {folder}: {file} is missing."),
    phrase("The model file {path} is missing."),
    phrase("The model file {path} is damaged: it is not JSON."),
    phrase("The model file {path} is not a GGUF file."),
    phrase("The model file {path} can't be read: {cause}."),
    phrase("The embedded model is not installed: the package {package} is missing."),
    phrase("Install the engine again, or give --model a path."),
    phrase("Download the model again."),
    phrase("Get the model in the safetensors format."),
    phrase("Install the engine again."),
    phrase("The engine failed in a way that nobody foresaw ({kind})."),
    phrase("Its log has the details; please report them."),
)


def engine_sentence(text: str) -> str:
    """The same English words, as a `Sentence` where they are known."""
    if len(text) > MOST_CHARACTERS:
        return text
    for template, shape in _shapes():
        found = shape.fullmatch(text)
        if found is not None:
            return Sentence(template, **{name: as_sentence(value) for name, value in found.groupdict().items()})
    return text


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each template and what its sentences look like."""
    return tuple((template, _shape(template)) for template in TEMPLATES)


def _shape(template: str) -> re.Pattern[str]:
    parts = (
        re.escape(text) + ("" if name is None else f"(?P<{name}>.+?)")
        for text, name, _, _ in string.Formatter().parse(template)
    )
    return re.compile("".join(parts), re.DOTALL)
