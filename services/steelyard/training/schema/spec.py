"""A job as a client describes it. After `resolution`, the same model holds it with every default filled in."""

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

import orjson
from pydantic import ConfigDict, Discriminator, Field, Tag, WithJsonSchema, create_model

from steelyard.documents.column_options import ColumnOptions
from steelyard.documents.schema import NAMED, Strict
from steelyard.jobs.webhooks.schema import Webhook
from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.constraints import CONSTRAINTS
from steelyard.nn.initializers import INITIALIZERS
from steelyard.nn.layers import LAYERS, Layer
from steelyard.nn.losses import LOSSES, Loss
from steelyard.nn.metrics import METRICS
from steelyard.nn.optimizers import OPTIMIZERS, Optimizer
from steelyard.nn.regularizers import REGULARIZERS
from steelyard.nn.schedules import SCHEDULES
from steelyard.tabular.builtin import BUILTINS
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.training.components import union_of
from steelyard.training.presets import PRESETS
from steelyard.training.schema.diagnostics import Diagnostics

T = TypeVar("T")
MOST_MEMBERS = 64
EPOCH_METRICS = [metric.name for metric in METRICS if metric.of_each_epoch]
Label = Annotated[str, Field(max_length=512)]
Column = Annotated[str, Field(min_length=1, max_length=200)]
COLUMNS = WithJsonSchema({"type": "object", "additionalProperties": {NAMED: ColumnOptions.__name__}})
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
    PRESET: TypeAlias = str
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
    PRESET = Literal[tuple(PRESETS)]
    MONITOR = Literal[tuple(f"{split}{name}" for split in ("", "val_") for name in ("loss", *EPOCH_METRICS))]


ClassWeight = Annotated[
    Annotated[Literal["balanced"], Tag("(text)")]
    | Annotated[dict[str, Annotated[float, Field(gt=0)]], Tag("(object)")],
    Discriminator(lambda value: "(object)" if isinstance(value, dict) else "(text)"),
]

RecordedWeights = Annotated[
    Annotated[Literal["auto", "off"], Tag("(text)")]
    | Annotated[list[Annotated[int, Field(ge=1)]], Field(max_length=100), Tag("(list)")],
    Discriminator(lambda value: "(list)" if isinstance(value, list) else "(text)"),
]


class InlineSummary(Strict):
    """A summary of the rows that were sent inside the job."""

    rows: int
    columns: int
    sha256: str


class Data(Strict):
    """The data set and the roles of its columns. Exactly one of `builtin`, `dataset` and `inline`."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)  # to_json leaves out what is None

    dataset: DatasetId | None = Field(None, description="the id of a data set uploaded to /v1/datasets")
    builtin: BUILTIN | None = Field(None, description="a built-in data set")
    n_samples: Annotated[int, Field(ge=10, le=100_000)] | None = Field(
        None, description="number of rows of a generated data set"
    )
    noise: Annotated[float, Field(ge=0, le=10)] | None = Field(
        None, description="standard deviation of the noise of a generated data set"
    )
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = Field(None, description="seed of a generated data set")
    inline: InlineSummary | None = Field(None, description="rows inside the request")
    columns: Annotated[dict[Column, Any], COLUMNS] | None = Field(
        None, description="types of columns, instead of those that were inferred"
    )
    target: Annotated[list[Column], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="the column or columns to predict"
    )
    features: Annotated[list[Column], Field(min_length=1)] | None = Field(
        None, description="the input columns; by default all others"
    )
    ignore: list[Column] = Field([], description="columns to drop")
    sample_weight: Column | None = Field(None, description="the column with the weight of each row")


class Preprocessing(Strict):
    """How columns become inputs. It is fitted on the training rows and stored with the model."""

    numeric: Literal["standard", "minmax", "robust", "none", "piecewise_linear"] | None = Field(
        None,
        description="scaling of numbers; `piecewise_linear`: standard, and how far a number has come through each of "
        "32 bins; default: chosen with `layers`, else `standard`",
    )
    categorical: Literal["one_hot", "embedding", "ignore"] = "one_hot"
    datetime: Literal["cyclic", "parts", "ignore"] = Field(
        "cyclic", description="`cyclic`: sine and cosine of each part; `parts`: plain numbers"
    )
    missing: Literal["mean", "median", "most_frequent", "error"] = Field(
        "mean", description="how missing numbers are filled in; missing categories are treated as a separate category"
    )
    missing_indicator: bool = Field(
        False, description="add a missing-value indicator for each numeric column with missing values"
    )
    unknown: Literal["bucket", "error"] = Field(
        "bucket", description="how categories that were not in the training data are handled"
    )
    max_categories: Annotated[int, Field(ge=1, le=10_000)] = Field(
        256, description="largest number of categories of a column; rarer ones are merged"
    )
    min_frequency: Annotated[int, Field(ge=1)] = Field(1, description="categories with fewer training rows are merged")
    target: Literal["standard", "none"] | None = Field(
        None, description="scaling of regression targets; default: `standard`"
    )

    def to_options(self) -> EncoderOptions:
        """How columns are encoded."""
        return EncoderOptions(**self.model_dump(exclude={"target", "numeric"}), numeric=self.numeric or "standard")


class Holdout(Strict):
    """Held-out rows: a fraction of the rows, those that a column marks, or another data set."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)  # to_json leaves out what is None

    fraction: Annotated[float, Field(gt=0, lt=1)] | None = Field(None, description="share of the rows; default: 0.2")
    stratify: bool | None = Field(None, description="keep the class proportions; classification only")
    group: Column | None = Field(None, description="keep rows with the same value in this column in the same split")
    time: Column | None = Field(None, description="hold out the last rows in the order of this column")
    column: Column | None = Field(None, description="hold out the rows that have `value` in this column")
    value: str | bool | float | None = Field(None, description="the value of `column` in the held-out rows")
    dataset: DatasetId | None = Field(None, description="hold out another data set, with the same columns")

    @property
    def is_drawn(self) -> bool:
        """Whether the rows are a fraction of those there are."""
        return self.column is None and self.dataset is None

    @property
    def share(self) -> float:
        """The fraction of the rows that are there to be drawn from."""
        return 0.2 if self.fraction is None else self.fraction


class EarlyStopping(Strict):
    """Stop training when the monitored value no longer improves."""

    monitor: MONITOR = "val_loss"
    patience: Annotated[int, Field(ge=0, le=100_000)] = 10
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    restore_best: bool = True
    min_delta_from: Literal["improvement", "best"] = Field(
        "improvement",
        description="what `min_delta` is measured from: `improvement`, the last value that improved by it, as in "
        "Keras; `best`, the best value so far, as in scikit-learn",
    )


class Clipping(Strict):
    """Gradient clipping. Exactly one of these."""

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
    """Start from the weights of an earlier model: of the same columns, classes and hidden units, in any order."""

    model: Annotated[str, Field(min_length=1, max_length=64, description="its id, or an alias")]
    strict: bool = Field(False, description="reject the job unless every weight has a counterpart")
    optimizer_state: bool = Field(
        False, description="also restore the optimizer's state; the optimizer must be the same"
    )


class TrainingSettings(Strict):
    """Epochs, batch size, seed and other settings of the training loop."""

    epochs: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None,
        description="how often training goes through the rows; by default, or as `auto`, until the validation loss no "
        "longer improves",
    )
    batch_size: Annotated[int, Field(ge=1, le=10_000_000)] | None = Field(
        None, description="rows per step; at most all rows; default: chosen with `layers`, else 32"
    )
    shuffle: bool = True
    seed: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0
    class_weight: ClassWeight | None = Field(
        None, description="the weight of each class, by label; `balanced` gives all classes the same total weight"
    )
    early_stopping: EarlyStopping | None = None
    schedule: SCHEDULE | None = Field(None, description="learning rate schedule; null keeps the rate constant")
    gradient_clip: GradientClipping | None = None
    dtype: Literal["float32", "float64"] = "float32"
    time_limit_seconds: Annotated[float, Field(gt=0)] | None = None
    refit: bool = Field(
        False,
        description="once training has ended, train again from the same initial weights on the rows for training and "
        "those for validation, for as many epochs as the kept weights had",
    )


AUTO_WEIGHTS = 20_000  # of a network whose snapshots `auto` records


class RecordingSettings(Strict):
    """What is recorded during training, at the epochs 0, 1, 2, 3, 4, 6, 8, 11, 16 …, the best and the last."""

    statistics: bool = Field(
        True, description="statistics of weights, gradients and units on at most 256 training rows"
    )
    weights: RecordedWeights = Field(
        "auto",
        description="snapshots of the weights: `auto` (at the recorded epochs, if the network has at most 20,000 "
        "weights), `off`, or a list of epochs",
    )


class Output(Strict):
    """Settings of the output layer. Its width and activation depend on the task."""

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
    preset: PRESET | None = Field(
        None,
        description="fill what the job leaves open with the defaults of this framework; `choices` has each value and "
        "its source",
    )
    task: Literal["auto", "binary", "multiclass", "multilabel", "regression"] = "auto"
    preprocessing: Preprocessing = Preprocessing()
    validation: Holdout | None = Field(
        None, description="validation split; default: 20 % of the rows, if there are at least 20"
    )
    test: Holdout | None = None
    layers: Annotated[list[LAYER], Field(max_length=100)] | None = Field(
        None, description="hidden layers, in order; default: chosen, as with `auto`"
    )
    output: Output = Output()
    initializer: INITIALIZER = Field({"name": "glorot_uniform"}, validate_default=True)
    bias_initializer: INITIALIZER = Field({"name": "zeros"}, validate_default=True)
    activation: ACTIVATION = Field({"name": "relu"}, validate_default=True)
    regularizer: REGULARIZER | None = None
    constraint: CONSTRAINT | None = None
    optimizer: OPTIMIZER | None = Field(None, description="default: chosen, as with `auto`")
    loss: LOSS | None = Field(None, description="default: chosen by the task, as with `auto`")
    training: TrainingSettings = TrainingSettings()
    ensemble: Annotated[int, Field(ge=1, le=MOST_MEMBERS)] = Field(
        1,
        description="networks that are trained side by side, each from different initial weights and with the rows in "
        "a different order, and that answer as one model by the mean of their outputs",
    )
    recording: RecordingSettings = RecordingSettings()
    initial_weights: InitialWeights | None = None
    diagnostics: Diagnostics = Diagnostics()
    webhook: Webhook | None = None

    # The parts of a specification that is filled in.

    def make_layers(self) -> list[Layer]:
        """The hidden layers."""
        return [layer.to_part() for layer in _filled(self.layers)]

    def make_loss(self) -> Loss:
        """The loss."""
        loss: Loss = _filled(self.loss).to_part()
        return loss

    def make_optimizer(self) -> Optimizer:
        """The optimizer."""
        optimizer: Optimizer = _filled(self.optimizer).to_part()
        return optimizer

    @property
    def epochs(self) -> int:
        """How many epochs there are at most."""
        return _filled(self.training.epochs)

    @property
    def batch_size(self) -> int:
        """How many rows a step has."""
        return _filled(self.training.batch_size)

    def to_json(self) -> dict[str, Any]:
        """As it is stored and served: without the webhook's secret."""
        document = self.model_dump(mode="json", exclude={"webhook": {"secret"}})
        document["diagnostics"] = self.diagnostics.to_json()
        for key in ("data", "validation", "test"):
            if document[key] is not None:
                document[key] = {name: value for name, value in document[key].items() if value is not None}
        return document

    def canonical(self) -> bytes:
        """The same bytes for the same training: without what does not change it, keys in order."""
        document = self.to_json()
        for key in ("name", "metadata", "preset", "recording", "diagnostics", "webhook"):
            del document[key]
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _filled(value: T | None) -> T:
    assert value is not None, "the specification is not filled in"
    return value


def load_spec(document: dict[str, Any]) -> JobSpec:
    """A stored specification."""
    return JobSpec.model_validate(document)


def class_key(label: Any) -> str:
    """How a class is called where only texts can stand, as in the keys of an object: as JSON would write it."""
    return str(label).lower() if isinstance(label, bool) else str(label)
