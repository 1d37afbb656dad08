"""A network that does worse than answers that need no network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt, Le

from steelyard.diagnostics.patches import choose_again
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class WorseThanBaseline(Rule):
    """A network with a worse metric than a constant answer or a linear model."""

    name: ClassVar = "worse_than_baseline"
    stage: ClassVar = "result"
    symptom: ClassVar = "a constant answer or a linear model has a better metric on the same rows"
    consequence: ClassVar = "the network is not worth its training: the simpler model predicts better"
    formula: ClassVar = "baseline − metric > margins · max(0.01, 2 · √(p (1 − p) / n)) for shares p of n rows"
    latex: ClassVar = r"b - m > \text{margins} \cdot \max\left(0.01, 2 \sqrt{\frac{p (1 - p)}{n}}\right)"
    threshold: ClassVar = "`margins` times two standard errors; 0.02 + 1 / (2 √n) of r2 and of errors"
    remedy: ClassVar = "see the other findings, or let the service choose the network"
    source: ClassVar = "Karpathy 2019, A recipe for training neural networks"
    evidence: ClassVar = ""

    margins: Annotated[float, Gt(0), Le(100)] = 1.0

    def find(self, run: Run) -> Iterator[Finding]:
        found = run.held_out
        if found is None or not run.is_over or not found.is_worse(margins=self.margins):
            return
        name, baseline = found.baseline
        yield self.finding(
            f"The {found.metric} on the {found.split} rows is {found.value:.4g}, worse than the {baseline:.4g} of "
            f"{name}.",
            "See the other findings for the cause, or let the service choose the network and its training (the patch).",
            value=found.value,
            threshold=baseline,
            patch=choose_again(run),
        )
