"""What a job leaves open, chosen from its data, each choice with its reason."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steelyard.errors import pointer, shown
from steelyard.nn.losses import LOSSES, Loss
from steelyard.tabular.supervision import Supervised
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
# Measured by `make bench-defaults` on one half of its data sets and reported on the other.
BENCHMARK = "32 public data sets"
UNITS = (64, 64)
OPTIMIZER = {"name": "adamw", "weight_decay": 0.3}
PATIENCE = 16  # epochs
MOST_STEPS, MOST_EPOCHS = 20_000, (40, 1000)
USUAL_STEPS, USUAL_EPOCHS = 1000, (10, 200)


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
    """The loss that was asked for, or that follows from the task."""
    return LOSSES[LOSS_OF_TASK[supervised.task] if spec.loss is None else spec.loss.name]


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


def fill_in_data(spec: JobSpec, supervised: Supervised) -> Filled:
    """Fill in what depends on the targets, and what decides which rows are for training."""
    job = _Open(spec.to_json())
    loss = loss_of(spec, supervised)
    job.document["task"] = supervised.task
    job.document["data"]["target"] = supervised.targets
    if spec.loss is None:
        job.choose("loss", value={"name": loss.name}, reason=f"the usual loss of a {supervised.task} task")
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
    if spec.preprocessing.target is None:
        scaled = supervised.task == "regression" and not loss.raw_targets
        job.document["preprocessing"]["target"] = "standard" if scaled else "none"
    job.document["output"]["activation"] = job.document["output"]["activation"] or {"name": loss.link or "linear"}
    layers = [*(job.document["layers"] or ()), job.document["output"]]
    _fill_layers(layers, [*(spec.layers or ()), spec.output], job.document)
    return job.filled()


def fill_in_training(filled: Filled, *, rows: int, has_validation: bool) -> Filled:
    """Fill in the network, and how it is trained on so many `rows`."""
    spec, job = filled.spec, _Open(filled.spec.to_json(), list(filled.choices))
    if spec.layers is None:
        layers = [{"type": "dense", "units": units} for units in UNITS]
        chosen = JobSpec.model_validate(job.document | {"layers": layers})
        job.choose("layers", value=layers, reason=f"the best network on average over {BENCHMARK}")
        job.document["layers"] = chosen.to_json()["layers"]
        _fill_layers(job.document["layers"], [*(chosen.layers or ())], job.document)
    if spec.optimizer is None:
        reason = f"decoupled weight decay, the best optimizer on average over {BENCHMARK}"
        job.choose("optimizer", value=OPTIMIZER, reason=reason)
    if spec.training.epochs is None:
        _choose_epochs(job, spec.training, rows, has_validation=has_validation)
    return job.filled()


def _choose_epochs(job: _Open, asked: TrainingSettings, rows: int, *, has_validation: bool) -> None:
    """As many epochs as the validation loss gets better; without validation rows, as many steps as that usually is."""
    steps = -(-rows // min(asked.batch_size, rows))
    if asked.early_stopping is None and not has_validation:
        epochs = _within(USUAL_STEPS // steps, *USUAL_EPOCHS)
        reason = (
            f"without validation rows nothing shows when to stop; {epochs * steps} steps are about as many as networks "
            f"took on {BENCHMARK}"
        )
        job.choose("training", "epochs", value=epochs, reason=reason)
        return
    epochs = _within(MOST_STEPS // steps, *MOST_EPOCHS)
    reason = f"at most so many, of {steps} steps each; training stops earlier"
    job.choose("training", "epochs", value=epochs, reason=reason)
    if asked.early_stopping is None:
        stopping = EarlyStopping(patience=PATIENCE)
        reason = f"the weights of the best epoch are kept once val_loss has not improved for {PATIENCE} epochs"
        job.choose("training", "early_stopping", value=stopping.model_dump(), reason=reason)


def _within(value: int, least: int, most: int) -> int:
    return max(least, min(most, value))


def _fill_layers(layers: list[dict[str, Any]], asked: list[Any], document: dict[str, Any]) -> None:
    """Put the job's defaults where layers named nothing; `null` for a regularizer or a constraint means none."""
    for layer, as_asked in zip(layers, asked, strict=True):
        for key in ("activation", "initializer", "bias_initializer"):
            if key in layer:
                layer[key] = layer[key] or document[key]
        for key in ("regularizer", "constraint"):
            if key in layer and key not in as_asked.model_fields_set:
                layer[key] = document[key]
        if "layers" in layer:
            _fill_layers(layer["layers"], as_asked.layers, document)
