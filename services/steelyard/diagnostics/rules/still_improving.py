"""Training that ended too early."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt, Lt

from steelyard.diagnostics.patches import replace
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run, finite
from steelyard.diagnostics.schema import Finding, PatchOperation

ENOUGH = 10  # epochs; with fewer, a falling loss is no news
MOST_EPOCHS = 100_000
PATIENCE = 16


@RULES.add
@dataclass(frozen=True)
class StillImproving(Rule):
    """A loss that was still falling steadily when the epochs ran out, on the validation rows, too."""

    name: ClassVar = "still_improving"
    stage: ClassVar = "training"
    symptom: ClassVar = "training and validation loss were still falling when the epochs ran out"
    consequence: ClassVar = "the network could have become better; a warning if it is worse than a baseline"
    formula: ClassVar = "X_T = min X, and X_{T−k} − X_T > fall · X_{T−k} for X = L and X = V, k = T / 10"
    latex: ClassVar = r"X_T = \min X,\ X_{T-k} - X_T > \text{fall} \cdot X_{T-k},\ X \in \{L, V\},\ k = T / 10"
    threshold: ClassVar = "`fall` of the loss, in the last tenth of the epochs"
    remedy: ClassVar = "train longer"
    source: ClassVar = "Prechelt 1998, Early stopping: but when?"
    evidence: ClassVar = "/history"

    fall: Annotated[float, Gt(0), Lt(1)] = 0.02

    def find(self, run: Run) -> Iterator[Finding]:
        series = _series(run)
        falls = [_fall(losses) for losses in series.values()]
        if run.diverged or run.epochs < run.spec["training"]["epochs"] or min(falls, default=0.0) <= self.fall:
            return
        if run.epochs < ENOUGH and not run.is_harmed:
            return
        name, losses = [*series.items()][-1]
        harmed, several = run.is_harmed, run.epochs > 1
        tail = _tail(losses)
        yield self.finding(
            f"The {name} was still falling when the {f'{run.epochs} epochs' if several else 'one epoch'} ran out: "
            f"{tail[0]:.4g} to {tail[-1]:.4g}{f' in the last {len(tail)}' * several}"
            f"{', and the network is worse than a baseline' * harmed}.",
            "Train for more epochs, with early stopping; or use a larger learning rate.",
            level="warning" if harmed else "info",
            epoch=run.epochs,
            value=min(falls),
            threshold=self.fall,
            patch=_train_longer(run, 10 if harmed else 2),
        )


def _series(run: Run) -> dict[str, list[float]]:
    """Training and validation loss; after a single epoch, that of the probe before and after it."""
    if run.epochs == 1 and run.recording is not None and len(run.recording.epochs) > 1:
        return {"loss": finite(run.recording.of_run("loss").tolist())}
    return {name: finite(run.history[name]) for name in ("loss", "val_loss") if name in run.history}


def _tail(losses: list[float]) -> list[float]:
    return losses[-max(3, len(losses) // 10) :]


def _fall(losses: list[float]) -> float:
    """How much of itself a series lost in its last tenth; zero unless it ends with its least value."""
    tail = _tail(losses)
    return 1 - tail[-1] / tail[0] if len(tail) >= 2 and tail[-1] == min(losses) and tail[0] > 0 else 0.0


def _train_longer(run: Run, times: int) -> list[PatchOperation]:
    patch = [replace("/training/epochs", min(MOST_EPOCHS, run.spec["training"]["epochs"] * times))]
    if "val_loss" in run.history and run.spec["training"]["early_stopping"] is None:
        value = {"monitor": "val_loss", "patience": PATIENCE}
        patch.append(PatchOperation(op="add", path="/training/early_stopping", value=value))
    return patch
