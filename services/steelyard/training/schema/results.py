"""What clients see of a job's results: weights and predictions."""

from typing import Any

from steelyard.documents.schema import Answer, Label, Listed, Sha256, Target


class TensorFacts(Answer):
    """A tensor's shape, statistics and hash."""

    name: str
    shape: list[int]
    dtype: str
    statistics: dict[str, float | None]
    sha256: Sha256


class SnapshotFacts(Answer):
    """The weights after an epoch."""

    epoch: int
    sha256: Sha256
    tensors: list[TensorFacts]


class WeightList(Answer):
    """The stored weights: `initial`, recorded epochs (`epoch-8`), `best`, `final`, in the order of their epochs."""

    snapshots: dict[str, SnapshotFacts]


class Weights(Answer):
    """All tensors of a snapshot as nested lists; kernels are `(inputs, units)`."""

    snapshot: str
    tensors: dict[str, list[Any]]


class TensorValues(Answer):
    """One tensor."""

    name: str
    shape: list[int]
    dtype: str
    values: list[Any]


class PredictedRow(Answer):
    """A stored prediction."""

    row: int
    target: Target
    prediction: Target
    probabilities: list[float] | None = None


class Predictions(Listed):
    """The stored predictions of a split."""

    split: str
    rows: int
    classes: list[Label] | None
    targets: list[str]
    data: list[PredictedRow]
