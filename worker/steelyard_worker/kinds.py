"""The registry of the kinds of job."""

from typing import Any

from steelyard.inference.batches import PREDICTION
from steelyard.jobs.kinds import Kind
from steelyard.training.kind import TRAINING

KINDS: dict[str, Kind[Any]] = {kind.name: kind for kind in (TRAINING, PREDICTION)}
