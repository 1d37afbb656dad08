"""A learning rate that is too low."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt

from steelyard.diagnostics.patches import change_rate
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class LearningRateTooLow(Rule):
    """Steps so small that the weights stay near their start, in a network that needed to learn more."""

    name: ClassVar = "learning_rate_too_low"
    stage: ClassVar = "training"
    symptom: ClassVar = "the weights hardly moved, and the network is worse than a baseline"
    consequence: ClassVar = "the network has not learned what it could in these epochs"
    formula: ClassVar = "‖w − w₀‖ / ‖w₀‖ < distance, and worse than a baseline on the training rows"
    latex: ClassVar = r"\frac{\lVert w - w_0 \rVert}{\lVert w_0 \rVert} < \text{distance}"
    threshold: ClassVar = "`distance` of the initial weights, after at least `steps` steps"
    remedy: ClassVar = "use a larger learning rate"
    source: ClassVar = "Bottou 2012, Stochastic gradient descent tricks; Karpathy, CS231n (update ratio of about 1e-3)"
    evidence: ClassVar = "/weights"
    explains: ClassVar = (*MISSED_CLASSES, "loss_did_not_fall")

    distance: Annotated[float, Gt(0)] = 0.1
    steps: Annotated[int, Ge(1)] = 20

    def find(self, run: Run) -> Iterator[Finding]:
        distance, steps = run.distance, run.steps
        if not run.is_over or run.error is not None or distance is None or steps is None or steps < self.steps:
            return
        if distance == 0 or distance >= self.distance or not run.is_underfitted or run.learning_rate > run.usual_rate:
            return
        yield self.finding(
            f"The learning rate of {run.learning_rate:g} is too low: in {steps} steps the weights moved by "
            f"{distance:.2g} of their length, and the network is worse than a baseline.",
            "Use a larger learning rate.",
            value=distance,
            threshold=self.distance,
            patch=change_rate(run, smaller=False),
        )
