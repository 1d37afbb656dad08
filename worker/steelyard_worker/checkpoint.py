"""When a run keeps a checkpoint, and what is in it: all that the rest of the run depends on.

The form is this service's own: arrays as safetensors, the rest as JSON beside them. Nothing is ever unpickled.
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

FIRST_SECONDS = 0.1  # soon, so that a run which is lost early has got on
EPOCH_SECONDS = 0.5  # of training between checkpoints at the ends of epochs
LONGEST_SECONDS = 30.0  # within an epoch that takes longer than that
SHARE = 40  # checkpoints take at most a fortieth of the time
BYTES_A_SECOND = 200e6  # of a state on its way to the database, until the first one has shown it


@dataclass(frozen=True)
class Saved:
    """A state of the training, and what the run knew beside it."""

    state: dict[str, Any]
    train_seconds: float
    fingerprint: dict[str, Any]


def to_bytes(saved: Saved) -> bytes:
    """A state as bytes."""
    state = dict(saved.state)
    arrays = {f"slots/{name}": slot for name, slot in state.pop("slots").items()}
    arrays |= {name: state.pop(name) for name in [*state] if isinstance(state[name], np.ndarray)}
    # The standard library's JSON, because it writes every float so that it comes back, and knows infinity.
    rest = {"state": state, "train_seconds": saved.train_seconds, "fingerprint": saved.fingerprint}
    return form.dump(arrays, {"rest": json.dumps(rest)})


def from_bytes(content: bytes) -> Saved:
    """The state that `to_bytes` wrote."""
    arrays = form.load(content)
    rest = json.loads(_metadata(content)["rest"])
    slots = {name.removeprefix("slots/"): array for name, array in arrays.items() if name.startswith("slots/")}
    others: dict[str, NDArray[Any]] = {name: array for name, array in arrays.items() if "/" not in name}
    return Saved(rest["state"] | others | {"slots": slots}, rest["train_seconds"], rest["fingerprint"])


def _metadata(content: bytes) -> Mapping[str, str]:
    length = int.from_bytes(content[: form.LENGTH_BYTES], "little")
    header = json.loads(content[form.LENGTH_BYTES : form.LENGTH_BYTES + length])
    found: dict[str, str] = header["__metadata__"]
    return found


class Cadence:
    """Says when the next checkpoint, of a state of about `state_bytes`, is due."""

    def __init__(self, state_bytes: int) -> None:
        self._saved_at = time.monotonic()
        self._pause_seconds = min(max(FIRST_SECONDS, SHARE * state_bytes / BYTES_A_SECOND), LONGEST_SECONDS)

    def is_due(self, event: Batch | Epoch) -> bool:
        """Whether to keep the state that the training is in after `event`."""
        since = time.monotonic() - self._saved_at
        return since >= (self._pause_seconds if isinstance(event, Epoch) else max(LONGEST_SECONDS, self._pause_seconds))

    def took(self, seconds: float) -> None:
        """A checkpoint was kept, and that took so long."""
        self._saved_at = time.monotonic()
        self._pause_seconds = max(EPOCH_SECONDS, SHARE * seconds)
