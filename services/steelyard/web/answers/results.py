"""The results of a job: weights, predictions and their evaluation."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from steelyard.web.answers.base import Answer, Label, Listed, Sha256, Target


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
    """The stored weights: `initial`, `best`, `final`."""

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


class ClassReport(Answer):
    """Precision, recall and F1 score of one class or label."""

    label: Label
    rows: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


class CalibrationBin(Answer):
    """The rows whose predicted probability lies in one of ten bins: mean prediction and observed rate."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: Annotated[float, Field(alias="from")]
    rows: int
    mean_predicted: float
    observed_rate: float


class CalibrationCurve(Answer):
    """The calibration of the probabilities of one class or label."""

    label: Label
    bins: list[CalibrationBin]


class Residuals(Answer):
    """Statistics of the residuals: prediction minus target."""

    target: str
    rows: int
    mean: float
    std: float
    quantiles: dict[str, float]


class Report(Answer):
    """The evaluation of a split: `residuals` for regression, the other fields for classification."""

    object: Literal["report"]
    split: str
    rows: int
    task: str
    classes: list[ClassReport] | None = None
    confusion_matrix: Annotated[
        list[list[int]] | None, Field(description="rows: true classes; columns: predicted classes")
    ] = None
    calibration: list[CalibrationCurve] | None = None
    residuals: list[Residuals] | None = None
