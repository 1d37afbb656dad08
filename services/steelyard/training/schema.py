"""A job as a client describes it. After `resolution`, the same model holds it with every default filled in."""

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import orjson
from pydantic import Discriminator, Field, Tag, create_model

from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.constraints import CONSTRAINTS
from steelyard.nn.initializers import INITIALIZERS
from steelyard.nn.layers import LAYERS
from steelyard.nn.losses import LOSSES
from steelyard.nn.metrics import METRICS
from steelyard.nn.optimizers import OPTIMIZERS
from steelyard.nn.regularizers import REGULARIZERS
from steelyard.nn.schedules import SCHEDULES
from steelyard.tabular.builtin import BUILTINS
from steelyard.training.components import Strict, union_of
from steelyard.training.webhook import Webhook

EPOCH_METRICS = [metric.name for metric in METRICS if metric.of_each_epoch]
Label = Annotated[str, Field(max_length=512)]
Column = Annotated[str, Field(min_length=1, max_length=200)]
DatasetId = Annotated[str, Field(pattern=r"^ds_[0-9a-z]{26}$")]

if TYPE_CHECKING:  # a type checker cannot know unions that are made from registries
    INITIALIZER: TypeAlias = Any
    ACTIVATION: TypeAlias = Any
    REGULARIZER: TypeAlias = Any
    LAYER: TypeAlias = Any
    LOSS: TypeAlias = Any
    OPTIMIZER: TypeAlias = Any
    SCHEDULE: TypeAlias = Any
    CONSTRAINT: TypeAlias = Any
    BUILTIN: TypeAlias = str
    MONITOR: TypeAlias = str
else:
    INITIALIZER = union_of(INITIALIZERS)
    ACTIVATION = union_of(ACTIVATIONS)
    REGULARIZER = union_of(REGULARIZERS)
    LAYER = union_of(LAYERS)
    LOSS = union_of(LOSSES)
    OPTIMIZER = union_of(OPTIMIZERS)
    SCHEDULE = union_of(SCHEDULES)
    CONSTRAINT = union_of(CONSTRAINTS)
    BUILTIN = Literal[tuple(BUILTINS)]
    MONITOR = Literal[tuple(f"{split}{name}" for split in ("", "val_") for name in ("loss", *EPOCH_METRICS))]


ClassWeight = Annotated[
    Annotated[Literal["balanced"], Tag("(text)")]
    | Annotated[dict[str, Annotated[float, Field(gt=0)]], Tag("(object)")],
    Discriminator(lambda value: "(object)" if isinstance(value, dict) else "(text)"),
]


class InlineSummary(Strict):
    """What a stored job says of the data that came inside it."""

    rows: int
    columns: int
    sha256: str


class Data(Strict):
    """Where the rows come from, and which columns are what. Exactly one of `builtin`, `dataset` and `inline`."""

    dataset: DatasetId | None = Field(None, description="a data set that was sent to /v1/datasets")
    builtin: BUILTIN | None = Field(None, description="a data set that is there")
    n_samples: Annotated[int, Field(ge=10, le=100_000)] | None = Field(None, description="rows to generate")
    noise: Annotated[float, Field(ge=0, le=10)] | None = Field(None, description="standard deviation of the noise")
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = Field(None, description="seed of a generated data set")
    inline: InlineSummary | None = Field(None, description="rows inside the request")
    target: Annotated[list[Column], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="the column to predict, or several"
    )
    features: Annotated[list[Column], Field(min_length=1)] | None = Field(None, description="the columns to learn from")
    ignore: list[Column] = Field([], description="columns to leave out")
    sample_weight: Column | None = Field(None, description="the column that says how much each row counts")


class Preprocessing(Strict):
    """How columns become inputs; fitted on the training rows, stored with the model, applied by it."""

    numeric: Literal["standard", "minmax", "robust", "none"] = "standard"
    categorical: Literal["one_hot", "embedding", "ignore"] = "one_hot"
    datetime: Literal["cyclic", "parts", "ignore"] = Field("cyclic", description="points of circles, or plain numbers")
    missing: Literal["mean", "median", "most_frequent", "error"] = Field(
        "mean", description="what stands in for a missing number; categories get a place of their own for it"
    )
    missing_indicator: bool = Field(False, description="an input more for each column of numbers that lacks any")
    unknown: Literal["bucket", "error"] = Field("bucket", description="categories that were not there in training")
    max_categories: Annotated[int, Field(ge=1, le=10_000)] = Field(
        256, description="of a column; the others share a place"
    )
    min_frequency: Annotated[int, Field(ge=1)] = Field(1, description="rarer categories share a place")
    target: Literal["standard", "none"] | None = Field(None, description="for regression; standard unless given")


class Holdout(Strict):
    """Rows that are kept back from training: a fraction of them, those that a column marks, or another data set."""

    fraction: Annotated[float, Field(gt=0, lt=1)] | None = Field(None, description="of the rows; 0.2 unless given")
    stratify: bool | None = Field(None, description="each class gets its share; classification only")
    group: Column | None = Field(None, description="a column whose equal values stay together")
    time: Column | None = Field(None, description="a column in whose order the last rows are taken")
    column: Column | None = Field(None, description="a column that says which rows are kept back")
    value: str | bool | float | None = Field(None, description="what stands in `column` for those rows")
    dataset: DatasetId | None = Field(None, description="rows of their own, with the same columns")

    @property
    def is_drawn(self) -> bool:
        """Whether the rows are a fraction of those there are."""
        return self.column is None and self.dataset is None

    @property
    def share(self) -> float:
        """The fraction of the rows that are there to be drawn from."""
        return 0.2 if self.fraction is None else self.fraction


class EarlyStopping(Strict):
    """When to stop before all epochs are over."""

    monitor: MONITOR = "val_loss"
    patience: Annotated[int, Field(ge=0, le=100_000)] = 10
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    restore_best: bool = True


class Clipping(Strict):
    """How large gradients may be. Exactly one of these."""

    def chosen(self) -> dict[str, float]:
        """The bounds that were given, by name."""
        return {name: limit for name, limit in self.model_dump().items() if limit is not None}


if TYPE_CHECKING:
    GradientClipping: TypeAlias = Clipping
else:
    LIMITS = {clip.name: inspect.getdoc(clip).split("\n")[0].replace("`limit`", "this") for clip in GRADIENT_CLIPS}
    GradientClipping = create_model(
        "GradientClipping",
        __base__=Clipping,
        __doc__=Clipping.__doc__,
        **{
            name: (Annotated[float, Field(gt=0)] | None, Field(None, description=text)) for name, text in LIMITS.items()
        },
    )


class InitialWeights(Strict):
    """Start from the weights of an earlier model: of layers that are named alike, those whose shapes agree."""

    model: Annotated[str, Field(min_length=1, max_length=64, description="its id, or an alias")]
    strict: bool = Field(False, description="refuse unless every tensor has its like")
    optimizer_state: bool = Field(False, description="go on with the optimizer's state too; it must be the same rule")


class TrainingSettings(Strict):
    """How long, in what pieces, and from which seed."""

    epochs: Annotated[int, Field(ge=1, le=100_000)] = 100
    batch_size: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        32, description="rows a step; more than there are means all of them"
    )
    shuffle: bool = True
    seed: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0
    class_weight: ClassWeight | None = Field(
        None, description="how much the rows of a class count, by its label; `balanced`: each class counts the same"
    )
    early_stopping: EarlyStopping | None = None
    schedule: SCHEDULE | None = Field(None, description="how the learning rate changes; the same all the time if null")
    gradient_clip: GradientClipping | None = None
    dtype: Literal["float32", "float64"] = "float32"
    time_limit_seconds: Annotated[float, Field(gt=0)] | None = None


class Output(Strict):
    """Overrides of the output layer, whose width and activation follow from the task."""

    activation: ACTIVATION | None = None
    initializer: INITIALIZER | None = None
    bias_initializer: INITIALIZER | None = None
    use_bias: bool = True
    regularizer: REGULARIZER | None = None
    constraint: CONSTRAINT | None = None
    trainable: bool = True


class JobSpec(Strict):
    """A training job."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    metadata: Annotated[dict[Annotated[str, Field(min_length=1, max_length=64)], Label], Field(max_length=16)] = Field(
        {}
    )
    data: Data
    task: Literal["auto", "binary", "multiclass", "multilabel", "regression"] = "auto"
    preprocessing: Preprocessing = Preprocessing()
    validation: Holdout | None = Field(None, description="20 % unless given, if there are at least 20 rows")
    test: Holdout | None = None
    layers: Annotated[list[LAYER], Field(max_length=100)] = Field(description="hidden layers in order")
    output: Output = Output()
    initializer: INITIALIZER = Field({"name": "glorot_uniform"}, validate_default=True)
    bias_initializer: INITIALIZER = Field({"name": "zeros"}, validate_default=True)
    activation: ACTIVATION = Field({"name": "relu"}, validate_default=True)
    regularizer: REGULARIZER | None = None
    constraint: CONSTRAINT | None = None
    optimizer: OPTIMIZER = Field({"name": "adam"}, validate_default=True)
    loss: LOSS | None = Field(None, description="`auto`: follows from the task")
    training: TrainingSettings = TrainingSettings()
    initial_weights: InitialWeights | None = None
    webhook: Webhook | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is stored and served: without the webhook's secret."""
        document = self.model_dump(mode="json", exclude={"webhook": {"secret"}})
        for key in ("data", "validation", "test"):
            if document[key] is not None:
                document[key] = {name: value for name, value in document[key].items() if value is not None}
        return document

    def canonical(self) -> bytes:
        """The same bytes for the same training: without name, metadata and webhook, keys in order."""
        document = self.to_json()
        del document["name"], document["metadata"], document["webhook"]
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def load_spec(document: dict[str, Any]) -> JobSpec:
    """A stored specification."""
    return JobSpec.model_validate(document)


def class_key(label: Any) -> str:
    """How a class is called where only texts can stand, as in the keys of an object: as JSON would write it."""
    return str(label).lower() if isinstance(label, bool) else str(label)
