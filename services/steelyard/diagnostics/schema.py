"""What clients see of a run's evaluation: findings, and the report of a split."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from steelyard.documents.schema import Answer, Label, Target


class ColumnFinding(Answer):
    """A notable observation about the values of a column, with a suggestion."""

    code: str
    level: Literal["info", "warning"]
    message: str
    suggestion: str


class PatchOperation(Answer):
    """A change of a job's spec, as JSON Patch (RFC 6902) has it."""

    op: Literal["add", "replace", "remove"]
    path: Annotated[str, Field(description="JSON Pointer (RFC 6901) into the `spec`")]
    value: Any = None


class Finding(Answer):
    """A notable observation about a run, with a suggestion. `layer` is where it was seen, if it was in one."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    code: str
    level: Literal["info", "warning", "error"]
    message: str
    suggestion: str
    layer: str | None = None
    epoch: Annotated[int | None, Field(description="the epoch in which it was seen first")] = None
    value: Annotated[float | None, Field(description="the number that the rule looked at")] = None
    threshold: Annotated[float | None, Field(description="the number from which on the rule reports it")] = None
    patch: Annotated[
        list[PatchOperation] | None, Field(description="a JSON Patch (RFC 6902) of the `spec` that may help")
    ] = None
    evidence: Annotated[str | None, Field(description="URL of the series that the rule looked at")] = None


class Baseline(Answer):
    """The metrics of answers that need no network, for each split."""

    constant: Annotated[
        dict[str, dict[str, float | None]],
        Field(description="the most frequent class, or the mean, for every row"),
    ]
    linear: Annotated[
        dict[str, dict[str, float | None]],
        Field(description="ridge regression or softmax regression on the same encoded inputs"),
    ]


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

    model_config = ConfigDict(populate_by_name=True)

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
    mean: float | None
    std: float | None
    quantiles: dict[str, float | None]
    edges: Annotated[list[float], Field(description="of the bins of `counts`")]
    counts: Annotated[list[int], Field(description="how many residuals are in each bin")]


class WorstRow(Answer):
    """A row that the network predicts badly."""

    row: Annotated[int, Field(description="its number in its data")]
    target: Target
    prediction: Target
    loss: Annotated[
        float | None,
        Field(
            description="−ln of the probability of the true class or labels; the distance in standard deviations of "
            "the residuals for regression; 1 for a wrong class without probabilities"
        ),
    ]


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
    worst: Annotated[list[WorstRow], Field(description="at most 20 rows, the worst first")]
