"""A validation loss that rises while the training loss falls."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt, Le, Lt

from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run, finite
from steelyard.diagnostics.schema import Finding, PatchOperation

HARMFUL = 0.05  # of the loss of a constant answer: a smaller rise does not matter
PATIENCE = 16  # epochs, as for a job that leaves its epochs open


@dataclass(frozen=True)
class _Found:
    message: str
    epoch: int
    value: float
    threshold: float | None
    matters: bool


@RULES.add
@dataclass(frozen=True)
class Overfitting(Rule):
    """A validation loss that rose well above its best while the training loss went on falling."""

    name: ClassVar = "overfitting"
    stage: ClassVar = "training"
    symptom: ClassVar = (
        "the validation loss rose while the training loss fell, or the network is good on training rows only"
    )
    consequence: ClassVar = "the network memorizes the training rows and predicts new rows worse"
    formula: ClassVar = (
        "min(V_{T−2..T}) − V_b > rise · max(V_b, V_1 − V_b), b = argmin V, and L_T < L_b; or worse than a baseline on "
        "held-out rows, and not on the training rows; or e_train < learned and e_held_out > gap, e: error / that of a "
        "constant answer"
    )
    latex: ClassVar = (
        r"\min(V_{T-2}, \dots, V_T) - V_b > \text{rise} \cdot \max(V_b, V_1 - V_b),\ b = \arg\min V,\ L_T < L_b"
    )
    threshold: ClassVar = (
        "a rise of more than `rise` of the best loss, or of what was gained, whichever is larger; or an error of more "
        "than `gap` of that of a constant answer, after less than `learned` on the training rows"
    )
    remedy: ClassVar = "stop early, regularize, or use fewer units"
    source: ClassVar = "Prechelt 1998, Early stopping: but when?"
    evidence: ClassVar = "/history"
    explains: ClassVar = ("abnormal_rows",)  # an overfitted network is sure of wrong answers on rows that it never saw

    rise: Annotated[float, Gt(0), Le(10)] = 0.1
    gap: Annotated[float, Gt(0), Le(1)] = 0.5
    learned: Annotated[float, Gt(0), Lt(1)] = 0.1

    def find(self, run: Run) -> Iterator[Finding]:
        found = None if run.restored else self._rise(run) or self._gap(run)
        if found is not None:
            yield self.finding(
                found.message,
                "Stop early and restore the best weights (training.early_stopping), add dropout, an l2 "
                "regularizer or more rows, or use fewer units.",
                level="warning" if found.matters or run.is_harmed else "info",
                epoch=found.epoch,
                value=found.value,
                threshold=found.threshold,
                patch=_stop_early(run),
            )

    def _rise(self, run: Run) -> _Found | None:
        training, validation = run.losses, finite(run.history.get("val_loss", ()))
        if len(validation) < 5 or len(training) != len(validation):
            return None
        best = min(range(len(validation)), key=validation.__getitem__)
        last = min(validation[-3:])  # one epoch may be bad by chance
        rise, fall = last - validation[best], validation[0] - validation[best]
        if rise <= self.rise * max(validation[best], fall) or training[-1] >= training[best]:
            return None
        message = (
            f"The validation loss was best in epoch {best + 1} ({validation[best]:.4g}) and rose to "
            f"{last:.4g}, while the training loss kept falling, to {training[-1]:.4g}: the network overfits "
            "the training rows."
        )
        matters = rise > HARMFUL * (run.constant_loss or 0.0)
        return _Found(message, best + 1, rise / max(validation[best], fall), self.rise, matters)

    def _gap(self, run: Run) -> _Found | None:
        """A network that is good on the training rows, and bad on others."""
        train, held = run.compare("train"), run.compare("validation") or run.compare("test")
        if not run.is_over or train is None or held is None or not train.is_better():
            return None
        name, baseline = held.baseline
        message = (
            f"The {held.metric} is {train.value:.4g} on the training rows and {held.value:.4g} on the {held.split} "
            f"rows, where {name} has {baseline:.4g}: the network overfits the training rows."
        )
        if held.is_worse():
            return _Found(message, run.epochs, abs(train.value - held.value), None, matters=True)
        if train.error_share < self.learned and held.error_share > self.gap:
            matters = held.is_no_better_than_constant
            return _Found(message, run.epochs, held.error_share, self.gap, matters)
        return None


def _stop_early(run: Run) -> list[PatchOperation]:
    given = run.spec["training"]["early_stopping"]
    value = {"monitor": "val_loss", "patience": PATIENCE} if given is None else given | {"restore_best": True}
    return [PatchOperation(op="add", path="/training/early_stopping", value=value)]
