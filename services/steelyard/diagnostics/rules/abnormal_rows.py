"""Rows that the network contradicts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Predicted, Run
from steelyard.diagnostics.schema import Finding

MOST_NAMED = 10
DOMINANT = 0.5  # of the squared error of the training rows
UNKNOWN = 0.5  # of the error of a constant answer: with more, the classes overlap, or the network is poor
ROBUST = ("mean_absolute_error", "huber", "log_cosh", "quantile")


@RULES.add
@dataclass(frozen=True)
class AbnormalRows(Rule):
    """Rows whose loss is abnormal: the network is sure of another answer."""

    name: ClassVar = "abnormal_rows"
    stage: ClassVar = "data"
    symptom: ClassVar = "the network is sure that some rows have another class, or a very different value"
    consequence: ClassVar = "their labels may be wrong; wrong labels limit what can be learned"
    formula: ClassVar = (
        "p(c) ≥ max(chance, mean p(c) of the rows of c), c = argmax p ≠ t_i; for numbers "
        "|r_i − median r| > deviations · 1.4826 · MAD(r)"
    )
    latex: ClassVar = (
        r"p_c \ge \max(\text{chance}, \overline{p_c \mid t = c}),\ c = \arg\max p \ne t_i;\quad |r_i - "
        r"\operatorname{med} r| > \text{deviations} \cdot 1.4826\, \mathrm{MAD}(r)"
    )
    threshold: ClassVar = (
        "`chance` for classes, `deviations` for numbers; a warning from `share` of the rows on, if the network has at "
        "most half the error of a constant answer"
    )
    remedy: ClassVar = "look at these rows, and correct or remove those that are wrong"
    source: ClassVar = "Northcutt, Jiang, Chuang 2021, Confident learning; Iglewicz, Hoaglin 1993"
    evidence: ClassVar = "/predictions?split=train"

    chance: Annotated[float, Gt(0), Lt(1)] = 0.7
    deviations: Annotated[float, Gt(0)] = 8.0
    share: Annotated[float, Gt(0), Le(1)] = 0.08
    rows: Annotated[int, Ge(1)] = 3

    def find(self, run: Run) -> Iterator[Finding]:
        train = run.predictions.get("train")
        if train is None or not run.is_over or run.is_harmed or run.spec["task"] == "multilabel" or _is_too_sure(run):
            return
        strange = {split: self._strange(run, rows) for split, rows in run.predictions.items() if len(rows.rows)}
        count = sum(len(places) for places in strange.values())
        total = sum(len(run.predictions[split].rows) for split in strange)
        if count < self.rows:
            return
        ids = [int(run.predictions[split].rows[place]) for split, places in strange.items() for place in places]
        more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
        listed = ", ".join(map(str, ids[:MOST_NAMED])) + more
        heavy = 0.0 if run.classes is not None else _share_of_squares(train, strange["train"])
        outliers = heavy >= DOMINANT and run.loss.name not in ROBUST
        weight = f" Those in training have {heavy:.0%} of the squared error." if outliers else ""
        far = f"their errors are more than {self.deviations:g} standard deviations of the usual ones"
        symptom = far if run.classes is None else "the network is sure of another class"
        means = " Or use the loss mean_absolute_error or huber, which a few large errors do not dominate."
        yield self.finding(
            f"{count} of {total} rows have an abnormal loss: {symptom}. Their labels may be wrong, or the inputs do "
            f"not tell them apart from others.{weight} Rows: {listed}.",
            f"Look at these rows, and correct or remove those that are wrong.{means if outliers else ''}",
            level="warning" if count >= self.share * total and _has_learned(run) else "info",
            value=count / total,
            threshold=self.share,
        )

    def _strange(self, run: Run, rows: Predicted) -> list[int]:
        """The places of the rows that the network contradicts, the worst first."""
        if run.classes is not None:
            return self._contradicted(rows)
        missed = rows.predictions.reshape(len(rows.targets), -1) - rows.targets.reshape(len(rows.targets), -1)
        centered = np.abs(missed - np.median(missed, axis=0))
        scale = 1.4826 * np.median(centered, axis=0)
        far = (centered / np.where(scale > 0, scale, np.inf)).max(axis=1)
        places = np.flatnonzero(far > self.deviations)
        return [int(place) for place in places[np.argsort(-far[places], kind="stable")]]

    def _contradicted(self, rows: Predicted) -> list[int]:
        """The rows of another class than theirs with at least the probability that the rows of that class have."""
        probabilities, actual = rows.probabilities, rows.targets
        if probabilities is None:
            return []
        counts = np.bincount(actual, minlength=probabilities.shape[1])
        of_class = probabilities[np.arange(len(actual)), actual]
        usual = np.bincount(actual, of_class, probabilities.shape[1]) / np.maximum(counts, 1)
        likely = probabilities.argmax(axis=1)
        is_sure = probabilities.max(axis=1) >= np.maximum(usual[likely], self.chance)
        places = np.flatnonzero((likely != actual) & is_sure & (counts[likely] > 0))
        own = probabilities[places, actual[places]]
        return [int(place) for place in places[np.argsort(own, kind="stable")]]


def _share_of_squares(rows: Predicted, places: list[int]) -> float:
    """How much of the squared error some of the rows have."""
    squares = np.square(rows.predictions.reshape(len(rows.targets), -1) - rows.targets.reshape(len(rows.targets), -1))
    total = float(squares.sum())
    return float(squares[places].sum()) / total if total > 0 else 0.0


def _has_learned(run: Run) -> bool:
    """Whether the network knows enough to doubt labels: much more than a constant answer, on held-out rows."""
    return run.held_out is None or run.held_out.error_share <= UNKNOWN


def _is_too_sure(run: Run) -> bool:
    """Whether the network is as sure of wrong answers as of right ones: a constant answer has a smaller loss."""
    loss, constant = run.metrics.get("train", {}).get("loss"), run.constant_loss
    return loss is not None and constant is not None and loss + run.penalty >= constant
