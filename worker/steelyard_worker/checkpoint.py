"""When a run saves a checkpoint, and what it contains: everything that the rest of the run depends on.

The format is our own: arrays as safetensors, everything else as JSON in its metadata. Nothing is pickled.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.exports import safetensors as form
from steelyard.nn.training.loop import Batch, Epoch

FIRST_SECONDS = 0.1  # early, so that a run that is lost soon has made progress
EPOCH_SECONDS = 0.5  # minimum between checkpoints at the ends of epochs
LONGEST_SECONDS = 30.0  # between checkpoints within a long epoch
SHARE = 40  # checkpoints take at most 1/40 of the time
BYTES_A_SECOND = 200e6  # assumed speed of writing a state, until the first one was measured


@dataclass(frozen=True)
class Saved:
    """A state of the training, with the time trained so far and the numeric fingerprint."""

    state: dict[str, Any]  # values of JSON and arrays, in dictionaries of any depth
    train_seconds: float
    fingerprint: dict[str, Any]


def to_bytes(saved: Saved) -> bytes:
    """Serialize a state."""
    arrays: dict[str, NDArray[Any]] = {}
    state = _without_arrays(saved.state, (), arrays)
    # The standard library's JSON, because it round-trips every float, including infinity.
    rest = {"state": state, "train_seconds": saved.train_seconds, "fingerprint": saved.fingerprint}
    return form.dump(arrays, {"rest": json.dumps(rest)})


def from_bytes(content: bytes) -> Saved:
    """Deserialize a state written by `to_bytes`."""
    arrays = form.load(content)
    rest = json.loads(_metadata(content)["rest"])
    state = rest["state"]
    for place, array in arrays.items():
        *path, name = place.split("/")
        holder = state
        for key in path:
            holder = holder[key]
        holder[name] = array
    return Saved(state, rest["train_seconds"], rest["fingerprint"])


def _without_arrays(state: Mapping[str, Any], path: tuple[str, ...], arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """The state without its arrays, which are put into `arrays` by their places."""
    rest: dict[str, Any] = {}
    for name, value in state.items():
        if isinstance(value, np.ndarray):
            arrays["/".join((*path, name))] = value
        else:
            rest[name] = _without_arrays(value, (*path, name), arrays) if isinstance(value, Mapping) else value
    return rest


def _metadata(content: bytes) -> Mapping[str, str]:
    length = int.from_bytes(content[: form.LENGTH_BYTES], "little")
    header = json.loads(content[form.LENGTH_BYTES : form.LENGTH_BYTES + length])
    found: dict[str, str] = header["__metadata__"]
    return found


class Cadence:
    """Decides when the next checkpoint is due, for a state of about `state_bytes`."""

    def __init__(self, state_bytes: int) -> None:
        self._saved_at = time.monotonic()
        self._pause_seconds = min(max(FIRST_SECONDS, SHARE * state_bytes / BYTES_A_SECOND), LONGEST_SECONDS)

    def is_due(self, event: Batch | Epoch) -> bool:
        """Whether to save the state after `event`."""
        since = time.monotonic() - self._saved_at
        return since >= (self._pause_seconds if isinstance(event, Epoch) else max(LONGEST_SECONDS, self._pause_seconds))

    def took(self, seconds: float) -> None:
        """Note that a checkpoint was saved and how long it took."""
        self._saved_at = time.monotonic()
        self._pause_seconds = max(EPOCH_SECONDS, SHARE * seconds)
