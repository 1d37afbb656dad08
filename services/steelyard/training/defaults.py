"""What a job leaves open, chosen from its data, each choice with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steelyard.errors import pointer, shown
from steelyard.nn.losses import LOSSES, Loss
from steelyard.tabular.supervision import Supervised
from steelyard.training.preset_defaults import preset_of
from steelyard.training.presets import Setting
from steelyard.training.schema import JobSpec
from steelyard.training.schema.job import Choice
from steelyard.training.schema.spec import EarlyStopping, Holdout, TrainingSettings

LOSS_OF_TASK = {
    "binary": "binary_crossentropy",
    "multiclass": "categorical_crossentropy",
    "multilabel": "binary_crossentropy",
    "regression": "mean_squared_error",
}
ROWS_FOR_VALIDATION = 20  # with fewer, none are kept back unless asked for
BATCH_SIZE = 32
# The settings below did best on one half of the data sets of `make bench-defaults`; the other half is for its report.
BENCHMARK = "32 public data sets"
UNITS = (64, 64)
OPTIMIZER = {"name": "adamw", "weight_decay": 0.3}
PATIENCE = 16  # epochs
MOST_STEPS, MOST_EPOCHS = 20_000, (40, 1000)
# Where no validation rows show when to stop: of 25 to 800 epochs, 25 did best with 120 rows and 50 with 16.
BLIND_STEPS, BLIND_EPOCHS = 100, (25, 50)
SCHEDULE = {"name": "cosine"}
LARGE_ROWS, LARGEST_BATCH = 20_000, 1024  # batches grow with the rows beyond


@dataclass(frozen=True)
class Fall:
    """Of a network that is chosen: a larger learning rate, which falls to zero over a known number of epochs.

    There are more of them with few rows, and fewer with many, as far as the steps would be out of their bounds.
    """

    rate: float
    epochs: int
    least_epochs: int
    least_steps: int
    most_steps: int


OF_ONE = Fall(0.003, epochs=60, least_epochs=20, least_steps=600, most_steps=60_000)
OF_MEMBERS = Fall(0.005, epochs=50, least_epochs=15, least_steps=500, most_steps=2_000)


@dataclass(frozen=True)
class Filled:
    """A specification with every default in its place, and what was chosen in it."""

    spec: JobSpec
    choices: list[Choice]


@dataclass
class _Open:
    """A job's document, in which open settings are filled in."""

    document: dict[str, Any]
    choices: list[Choice] = field(default_factory=list)

    def filled(self) -> Filled:
        """The job as far as it is filled in."""
        return Filled(JobSpec.model_validate(self.document), self.choices)

    def choose(self, *path: str, value: Any, reason: str) -> None:
        """Fill in the setting at `path`."""
        *parents, name = path
        holder = self.document
        for parent in parents:
            holder = holder[parent]
        holder[name] = value
        self.choices.append(Choice(path=pointer(*path), value=value, reason=reason))


def loss_of(spec: JobSpec, supervised: Supervised) -> type[Loss]:
    """The loss that was asked for, or that follows from the preset or the task."""
    if spec.loss is not None:
        return LOSSES[spec.loss.name]
    special = _preset_loss(spec, supervised)
    return LOSSES[LOSS_OF_TASK[supervised.task] if special is None else special.value["name"]]


def _preset_loss(spec: JobSpec, supervised: Supervised) -> Setting | None:
    preset = preset_of(spec.preset)
    return None if preset is None else preset.losses.get(supervised.task)


def validation_of(spec: JobSpec, supervised: Supervised) -> Holdout | None:
    """The validation split of the job; by default 20 % of the rows, if there are enough."""
    if spec.validation is None and "validation" not in spec.model_fields_set and supervised.rows >= ROWS_FOR_VALIDATION:
        return Holdout(fraction=0.2)
    return spec.validation


def stratify_fault(supervised: Supervised) -> str | None:
    """Why the splits cannot keep the class proportions, if they cannot."""
    if supervised.classes is None:
        return f"is true; the task is {supervised.task}, which has no classes"
    counts = np.bincount(supervised.y, minlength=len(supervised.classes))
    rarest = int(counts.argmin())
    if counts[rarest] < 3:
        label = shown(supervised.classes[rarest])
        return f"is true; the class {label} has {counts[rarest]} rows, and each needs at least 3"
    return None


def fill_in_data(spec: JobSpec, supervised: Supervised, chosen: Sequence[Choice] = ()) -> Filled:
    """Fill in what depends on the targets, and what decides which rows are for training.

    `chosen` are the settings of a preset, which the specification has already.
    """
    job = _Open(spec.to_json(), [*chosen])
    loss = loss_of(spec, supervised)
    job.document["task"] = supervised.task
    job.document["data"]["target"] = supervised.targets
    if spec.loss is None:
        job.choose("loss", value={"name": loss.name}, reason=_reason_of_loss(spec, supervised))
    classes = supervised.classes is not None and stratify_fault(supervised) is None
    validation = validation_of(spec, supervised)
    for key, holdout in (("validation", validation), ("test", spec.test)):
        if holdout is not None and holdout.is_drawn:
            alone = holdout.group is None and holdout.time is None
            stratify = classes and alone if holdout.stratify is None else holdout.stratify
            drawn = {"fraction": holdout.share, "stratify": stratify}
            job.document[key] = holdout.model_dump(exclude_none=True) | drawn
    if validation is not None and spec.validation is None:
        reason = "rows that the network is not fitted to show how well it does on new ones"
        job.choose("validation", value=job.document["validation"], reason=reason)
    if spec.preprocessing.numeric is None and spec.layers is None:
        reason = f"bins beside each scaled number, which improved predictions on most of {BENCHMARK}"
        job.choose("preprocessing", "numeric", value="piecewise_linear", reason=reason)
    elif spec.preprocessing.numeric is None:
        job.document["preprocessing"]["numeric"] = "standard"
    if spec.preprocessing.target is None:
        scaled = supervised.task == "regression" and not loss.raw_targets
        job.document["preprocessing"]["target"] = "standard" if scaled else "none"
    job.document["output"]["activation"] = job.document["output"]["activation"] or {"name": loss.link or "linear"}
    return job.filled()


def _reason_of_loss(spec: JobSpec, supervised: Supervised) -> str:
    preset, special = preset_of(spec.preset), _preset_loss(spec, supervised)
    if preset is None or special is None:
        return f"the usual loss of a {supervised.task} task"
    return preset.reason(special.source)


def fill_in_training(asked: JobSpec, filled: Filled, *, rows: int, has_validation: bool) -> Filled:
    """Fill in the network, and how it is trained on so many `rows`; `asked` is the job without any of that."""
    job = _Open(filled.spec.to_json(), list(filled.choices))
    layers = [*(asked.layers or ())]
    if asked.layers is None:
        layers = _choose_layers(job)
    if asked.training.batch_size is None:
        _choose_batch_size(job, rows, is_recipe=asked.layers is None)
    _choose_penalty(job, asked, rows)
    fill_layers([*job.document["layers"], job.document["output"]], [*layers, asked.output], job.document)
    steps = -(-rows // min(job.document["training"]["batch_size"], rows))
    is_falling = asked.layers is None and asked.optimizer is None and "schedule" not in asked.training.model_fields_set
    is_short = asked.ensemble > 1 and asked.training.epochs is None and has_validation
    fall = OF_MEMBERS if is_short else OF_ONE
    if asked.optimizer is None:
        rate = {"learning_rate": fall.rate} if is_falling else {}
        reason = f"Adam with decoupled weight decay did best on average over {BENCHMARK}"
        job.choose("optimizer", value=OPTIMIZER | rate, reason=reason)
    if is_falling:
        reason = "a learning rate that falls to zero at the last epoch does better than a constant one"
        job.choose("training", "schedule", value=SCHEDULE, reason=reason)
    if asked.training.epochs is None and is_falling:
        _choose_falling_epochs(job, asked.training, fall, steps, has_validation=has_validation)
    elif asked.training.epochs is None:
        _choose_epochs(job, asked.training, steps, has_validation=has_validation)
    return job.filled()


def _choose_layers(job: _Open) -> list[Any]:
    layers = [{"type": "dense", "units": units} for units in UNITS]
    chosen = JobSpec.model_validate(job.document | {"layers": layers})
    job.choose("layers", value=layers, reason=f"no other network did better on average over {BENCHMARK}")
    job.document["layers"] = chosen.to_json()["layers"]
    return [*(chosen.layers or ())]


def _choose_penalty(job: _Open, asked: JobSpec, rows: int) -> None:
    """The L2 penalty of the preset, where it has one; it depends on the rows of a batch."""
    preset = preset_of(asked.preset)
    if preset is None or preset.alpha is None or "regularizer" in asked.model_fields_set:
        return
    alpha, source = preset.alpha
    l2 = alpha / (2 * min(job.document["training"]["batch_size"], rows))
    job.choose("regularizer", value={"name": "l2", "l2": l2}, reason=preset.reason(source))


def _choose_batch_size(job: _Open, rows: int, *, is_recipe: bool) -> None:
    size = BATCH_SIZE
    while is_recipe and rows > LARGE_ROWS * size // BATCH_SIZE and size < LARGEST_BATCH:
        size *= 2
    if not is_recipe:
        job.document["training"]["batch_size"] = size
        return
    few = f"the other defaults were chosen with this size; it grows beyond {LARGE_ROWS:,} rows"
    many = f"larger steps take less time for {rows:,} rows"
    job.choose("training", "batch_size", value=size, reason=few if size == BATCH_SIZE else many)


def _choose_epochs(job: _Open, asked: TrainingSettings, steps: int, *, has_validation: bool) -> None:
    """At a constant rate: until the validation loss no longer improves; without it, a number of `steps` an epoch."""
    if asked.early_stopping is None and not has_validation:
        _choose_blindly(job, _within(BLIND_STEPS // steps, *BLIND_EPOCHS))
        return
    reason = f"an upper bound, of {_steps(steps)} each; early stopping ends training sooner"
    job.choose("training", "epochs", value=_within(MOST_STEPS // steps, *MOST_EPOCHS), reason=reason)
    if asked.early_stopping is None:
        _choose_stopping(job, PATIENCE)


def _choose_falling_epochs(
    job: _Open, asked: TrainingSettings, fall: Fall, steps: int, *, has_validation: bool
) -> None:
    """At a rate that falls to zero: a known number of epochs, of which the best is kept."""
    if asked.early_stopping is None and not has_validation:
        _choose_blindly(job, BLIND_EPOCHS[0])
        return
    epochs = _within(fall.epochs, -(-fall.least_steps // steps), max(fall.least_epochs, fall.most_steps // steps))
    few = "; the mean of several networks does about as well with fewer steps than one" * (fall is OF_MEMBERS)
    reason = f"the learning rate falls over {_steps(epochs * steps)}{few}"
    job.choose("training", "epochs", value=epochs, reason=reason)
    if asked.early_stopping is None:
        _choose_stopping(job, epochs // 4)


def _choose_blindly(job: _Open, epochs: int) -> None:
    reason = "without validation rows nothing shows when to stop; on small parts of 16 public data sets, more did worse"
    job.choose("training", "epochs", value=epochs, reason=reason)


def _choose_stopping(job: _Open, patience: int) -> None:
    reason = f"the weights of the best epoch are kept once val_loss has not improved for {patience} epochs"
    job.choose("training", "early_stopping", value=EarlyStopping(patience=patience).model_dump(), reason=reason)


def _steps(count: int) -> str:
    return f"{count} step{'s' * (count != 1)}"


def _within(value: int, least: int, most: int) -> int:
    return max(least, min(most, value))


def fill_layers(layers: list[dict[str, Any]], asked: list[Any], document: dict[str, Any]) -> None:
    """Put the job's defaults where layers named nothing; `null` for a regularizer or a constraint means none."""
    for layer, as_asked in zip(layers, asked, strict=True):
        for key in ("activation", "initializer", "bias_initializer"):
            if key in layer:
                layer[key] = layer[key] or document[key]
        for key in ("regularizer", "constraint"):
            if key in layer and key not in as_asked.model_fields_set:
                layer[key] = document[key]
        if "layers" in layer:
            fill_layers(layer["layers"], as_asked.layers, document)
