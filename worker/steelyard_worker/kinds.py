"""The registry of the kinds of job."""

from steelyard.inference.batches import PREDICTION
from steelyard.jobs.kinds import Kind
from steelyard.training.kind import TRAINING

KINDS: dict[str, Kind] = {kind.name: kind for kind in (TRAINING, PREDICTION)}
