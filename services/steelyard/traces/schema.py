"""What clients send for a trace, and what they get."""

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, WithJsonSchema

from steelyard.documents.schema import NAMED, Answer, StoredSpec, Strict

MOST_ROWS = 64
MOST_WEIGHTS = 10_000
Values = Annotated[Any, WithJsonSchema({"type": "array", "items": {}})]
Verdict = Literal["agrees", "kink", "differs"]


class TraceOfJob(Strict):
    """A step from the stored weights of a job."""

    job: Annotated[str, Field(pattern=r"^job_[0-9a-z]{26}$")]
    epoch: Annotated[int, Field(ge=0)] | None = Field(
        None, description="the epoch after which the weights were stored; default: 0, before the first step"
    )
    snapshot: Annotated[str, Field(min_length=1, max_length=16)] | None = Field(
        None, description="the name of the stored weights, as `GET /v1/jobs/{id}/weights` lists it, instead of `epoch`"
    )
    rows: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=MOST_ROWS)] | None = Field(
        None, description="the rows of the batch, by their number in the data; default: the first batch of the epoch"
    )


Job = Annotated[Any, WithJsonSchema({NAMED: "JobRequest"})]


class TraceRequest(RootModel[Job | TraceOfJob]):
    """A job, without `name`, `metadata` and `webhook`; or the stored weights of a job."""


class Numbers(Answer):
    """Numbers, and the formula by which they were computed."""

    formula: str
    latex: str
    values: Values


class Formula(Answer):
    """A component, and what it computes."""

    name: str
    formula: str
    latex: str


class TracePenalty(Answer):
    """A regularizer's share of the loss and of the gradients."""

    name: str
    formula: str
    latex: str
    value: float | None
    gradients: Numbers


class CheckedWeight(Answer):
    """The gradient of a weight and the central difference of the loss; `kink` where the loss has a corner."""

    index: list[int]
    gradient: float | None
    exact: Annotated[float | None, Field(description="the gradient by the same formulas in float64")]
    difference: Annotated[float | None, Field(description="the central difference, in float64")]
    relative_error: Annotated[float | None, Field(description="of the last two")]
    verdict: Verdict


class CheckedDirection(Answer):
    """The same along one direction, in which every weight of the tensor moves."""

    gradient: float | None
    exact: Annotated[float | None, Field(description="the gradient by the same formulas in float64")]
    difference: Annotated[float | None, Field(description="the central difference, in float64")]
    relative_error: Annotated[float | None, Field(description="of the last two")]
    verdict: Verdict


class TraceCheck(Answer):
    """The gradients of a tensor against central differences."""

    checked: Annotated[int, Field(description="number of weights that were checked one by one")]
    of: Annotated[int, Field(description="number of weights of the tensor")]
    verdict: Annotated[Verdict, Field(description="the worst of the verdicts below")]
    direction: CheckedDirection
    weights: list[CheckedWeight]


class TraceTensor(Answer):
    """A tensor: before the step, its gradients, the optimizer's slots for it, and after the step."""

    name: str
    shape: list[int]
    trainable: bool
    before: Values
    gradients: Annotated[Numbers | None, Field(description="of the loss without penalties")] = None
    penalty: TracePenalty | None = None
    applied_gradients: Annotated[
        Numbers | None,
        Field(description="what the optimizer was given, if a penalty or clipping changes the gradients"),
    ] = None
    slots_before: dict[str, Values] | None = None
    slots_after: dict[str, Values] | None = None
    constraint: Annotated[Formula | None, Field(description="what is applied after the step")] = None
    after: Values
    check: TraceCheck | None = None


class TraceLayer(Answer):
    """A layer at work in the step. What it gives to the next layer are its `outputs`."""

    name: str
    type: str
    inputs: int
    units: int
    description: str
    weighted_sums: Annotated[Numbers | None, Field(description="z of a dense layer")] = None
    outputs: Numbers | None = None
    intermediates: Annotated[
        dict[str, Values] | None, Field(description="what it drew or computed on the way, such as a dropout mask")
    ] = None
    output_gradients: Numbers | None = None
    weighted_sum_gradients: Numbers | None = None
    tensors: list[TraceTensor]
    layers: Annotated[list["TraceLayer"] | None, Field(description="the layers inside a block")] = None


class TraceLoss(Answer):
    """The loss: of each row, their mean, the penalties, and the gradient by the network's outputs."""

    name: str
    formula: str
    latex: str
    rows: Values
    row_weights: Annotated[Values | None, Field(description="the weights of the mean, if rows count differently")] = (
        None
    )
    mean: float | None
    penalty: float | None
    total: float | None
    output_gradients: Numbers


class TraceOptimizer(Answer):
    """The optimizer's step."""

    name: str
    formula: str
    latex: str
    step: int
    learning_rate: float
    schedule: Formula | None = None
    gradient_clip: Formula | None = None
    coefficients: Annotated[
        dict[str, float] | None, Field(description="what the rule takes beside weight, gradient and slots")
    ] = None
    scalars_before: dict[str, float]
    scalars_after: dict[str, float]
    state: Annotated[
        Literal["new", "stored"], Field(description="whether the optimizer begins, or goes on from its stored state")
    ]


class TraceEngine(Answer):
    """What made the step. The numbers on the way are NumPy's."""

    name: Literal["numpy", "compiled"]
    why_not_compiled: str | None
    largest_difference: Annotated[
        float | None, Field(description="between the weights after the step and those that NumPy computes")
    ]


class CheckSummary(Answer):
    """All checks together."""

    method: str
    checked: int
    of: int
    verdict: Annotated[Verdict | Literal["skipped"], Field(description="the worst; skipped if the loss is not finite")]
    kinks: int
    largest_relative_error: Annotated[float | None, Field(description="among the gradients that are not tiny")]


class Trace(Answer):
    """One training step with every number on the way."""

    object: Literal["trace"]
    job: Annotated[str | None, Field(description="the job whose weights it starts from")] = None
    epoch: int
    spec: StoredSpec
    rows: Annotated[list[int], Field(description="the rows of the batch, by their number in the data")]
    inputs: Annotated[Values, Field(description="what the network is given, after preprocessing")]
    targets: Values
    layers: list[TraceLayer]
    loss: TraceLoss
    optimizer: TraceOptimizer
    engine: TraceEngine
    check: CheckSummary
    made: Annotated[bool, Field(description="false if the loss is not finite, then no weight changes")]
    notes: list[str]
