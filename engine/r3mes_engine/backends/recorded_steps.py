"""CUDA graphs: the forward passes of a step recorded once for each of its shapes, and played back from then on.

The library records the forward pass together with the choice of tokens. Here the choice is made in Python, by the rules
of each request, so the recording ends with the scores. A step with adapters is run as it is: its layers look each time
at who is in the batch. The library pads a step to few shapes; with attention that needs a mask that costs more than it
saves for long contexts, so this is for those who have measured it (`bench --cuda-graphs`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from transformers.generation.continuous_batching.utils import (
    accelerator_graph_capture_context,
    create_accelerator_graph,
    memory_pool_context,
    stream_context,
)

GRAPH_BYTES = 768 * 2**20
"""Of a GPU's memory, kept free for recordings: some megabytes for each of some dozen shapes, and their scores."""

Run = Callable[[], torch.Tensor]


class Recording(Protocol):
    def replay(self) -> None:
        """Does the same again with what now is in the same tensors; the result lies where it lay before."""
        ...


class Recorder(Protocol):
    def record(self, run: Run, runner: Any) -> tuple[Recording, torch.Tensor]:
        """Runs it, and returns the recording with the tensor that each replay fills."""
        ...


class CudaRecorder:
    def record(self, run: Run, runner: Any) -> tuple[Recording, torch.Tensor]:
        stream = runner.inputs_and_outputs.compute_stream
        # What is made at the first run, such as workspaces, has to be there before the recording.
        with stream_context(stream), memory_pool_context(runner.mem_pool):
            run()
        graph = create_accelerator_graph()
        with accelerator_graph_capture_context(graph, stream=stream, pool=runner.graph_pool_id):
            scores = run()
        # A capture runs nothing.
        with stream_context(stream):
            graph.replay()
        return graph, scores


def record_steps(processor: Any, recorder: Recorder, has_adapters: Callable[[], bool]) -> None:
    """Before the library's warm-up. `has_adapters` tells of the step that is about to run."""
    runner = processor.model_runner
    runner.use_cuda_graph_varlen = runner.inputs_and_outputs.use_cuda_graph_varlen = True
    runner.pad_inputs = True
    runner.compute_batch = _RecordedSteps(runner, recorder, has_adapters).compute_batch


class _RecordedSteps:
    """Used by the token loop's thread."""

    def __init__(self, runner: Any, recorder: Recorder, has_adapters: Callable[[], bool]) -> None:
        self._runner = runner
        self._recorder = recorder
        self._has_adapters = has_adapters
        self._scores: dict[int, torch.Tensor] = {}
        """By the identity of the recordings, which the library keeps."""

    def compute_batch(self, model: Any, batch_data: dict[str, Any]) -> None:
        """In the place of the library's own."""
        runner = self._runner
        in_out = runner.inputs_and_outputs
        if runner.supports_logits_to_keep(model):
            batch_data["logits_to_keep"] = batch_data["logits_indices"]

        def run() -> torch.Tensor:
            return _scores(model, batch_data)

        if self._has_adapters():
            with stream_context(in_out.compute_stream):
                scores = run()
        elif (graph := in_out.get_graph()) is not None:
            with stream_context(in_out.compute_stream):
                graph.replay()
            scores = self._scores[id(graph)]
        else:
            recording, scores = self._recorder.record(run, runner)
            self._scores[id(recording)] = scores
            in_out.set_graph(recording)
        with stream_context(in_out.compute_stream):
            self._choose(scores, batch_data)

    def _choose(self, scores: torch.Tensor, batch_data: Mapping[str, Any]) -> None:
        """As the library does after its forward pass. `scores` are of the shape [1, sequences, vocabulary]."""
        runner = self._runner
        _, _, output_ids = runner.inputs_and_outputs.get_cb_kwargs()
        tokens = batch_data["input_ids"][0, batch_data["logits_indices"]]
        shaped = runner.logit_processor(tokens, scores.view(-1, scores.shape[-1]), batch_data["logits_processor_args"])
        runner._sample(shaped.view_as(scores), output_ids)


def _scores(model: Any, batch_data: dict[str, Any]) -> torch.Tensor:
    logits: torch.Tensor = model(**batch_data).logits
    if "logits_to_keep" not in batch_data:
        logits = logits[:, batch_data["logits_indices"], :]
    return logits.float()
