"""A learning rate that is too high."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from steelyard.diagnostics.patches import change_rate
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding

MOVED = 1.0  # of the length of the initial weights; steps that are too large go beyond
ROSE = 1.2  # times the loss of the probe before the first step: another sample of rows, and a mean over an epoch


@RULES.add
@dataclass(frozen=True)
class LearningRateTooHigh(Rule):
    """Steps so large that the loss rises, oscillates, or ends above that of a constant answer."""

    name: ClassVar = "learning_rate_too_high"
    stage: ClassVar = "training"
    symptom: ClassVar = "the training loss rises, oscillates, ends above its start, or the weights moved very far"
    consequence: ClassVar = "steps overshoot the minimum, so the network does not come near it"
    formula: ClassVar = (
        "end > (1 + above) · c unless it began there, or end − min L > rise · (L_1 − min L), or mean |ΔL| > swing · c "
        "with changes of sign in the last half, or ‖w − w₀‖ / ‖w₀‖ > distance and worse than a baseline; c: constant "
        "answer"
    )
    latex: ClassVar = (
        r"\tilde{L}_T > (1 + \text{above})\, L_c \lor \tilde{L}_T - \min L > \text{rise}\, (L_1 - \min L) \lor "
        r"\overline{|\Delta L|} > \text{swing} \cdot L_c \lor \frac{\lVert w - w_0 \rVert}{\lVert w_0 \rVert} > "
        r"\text{distance}"
    )
    threshold: ClassVar = "`above`, `rise`, `swing`, `distance`; over at least `epochs` epochs"
    remedy: ClassVar = "use a smaller learning rate"
    source: ClassVar = "Smith 2017, Cyclical learning rates; Cohen et al. 2021, Edge of stability"
    evidence: ClassVar = "/history"
    live: ClassVar = True
    explains: ClassVar = (*MISSED_CLASSES, "loss_did_not_fall", "updates_too_small")

    above: Annotated[float, Ge(0)] = 0.5
    rise: Annotated[float, Gt(0)] = 0.5
    swing: Annotated[float, Gt(0)] = 0.15
    distance: Annotated[float, Gt(0)] = 10.0
    epochs: Annotated[int, Ge(2)] = 5

    def find(self, run: Run) -> Iterator[Finding]:
        losses = run.losses
        if len(losses) < self.epochs or run.is_line_search:
            return
        seen = self._above(run, losses) or self._rise(losses) or self._swing(run, losses)
        found = seen or self._far(run)
        if found is None or run.learning_rate <= run.usual_rate / 10:
            return
        symptom, value, threshold = found
        yield self.finding(
            f"The learning rate of {run.learning_rate:g} is too high: {symptom}.",
            "Use a smaller learning rate, or one that falls (training.schedule).",
            level="warning" if seen or run.is_harmed else "info",
            value=value,
            threshold=threshold,
            patch=change_rate(run, smaller=True),
        )

    def _above(self, run: Run, losses: list[float]) -> tuple[str, float, float] | None:
        constant = run.constant_loss
        end = float(np.median(losses[-3:]))
        if constant is None or constant <= 0 or end <= (1 + self.above) * constant or not run.is_harmed:
            return None
        if _stayed_near_its_start(run, end):
            return None
        text = f"the training loss ended at {end:.4g}, above the {constant:.4g} of a constant answer"
        return text, end / constant - 1, self.above

    def _rise(self, losses: list[float]) -> tuple[str, float, float] | None:
        end, least = float(np.median(losses[-3:])), min(losses)
        gained = losses[0] - least
        risen = (end - least) / gained if gained > 0 else float(end > 1.1 * least)
        if risen <= self.rise or end < 1.1 * least:
            return None
        return f"the training loss rose from {least:.4g} to {end:.4g}", risen, self.rise

    def _swing(self, run: Run, losses: list[float]) -> tuple[str, float, float] | None:
        late = np.array(losses[len(losses) // 2 :])
        steps, constant = np.diff(late), run.constant_loss
        if len(steps) < 4 or not constant or (np.sign(steps[1:]) != np.sign(steps[:-1])).mean() < 0.4:
            return None
        swing = float(np.abs(steps).mean()) / constant
        if swing <= self.swing:
            return None
        text = f"the training loss changes up and down from epoch to epoch, by {swing:.0%} of that of a constant answer"
        return text, swing, self.swing

    def _far(self, run: Run) -> tuple[str, float, float] | None:
        distance = run.distance
        if distance is None or distance <= self.distance:
            return None
        text = f"the weights moved {distance:.3g} times as far as they were long at the start"
        return text, distance, self.distance


def _stayed_near_its_start(run: Run, end: float) -> bool:
    """Whether the loss is high because it began high: the weights moved little, and it did not rise."""
    if run.distance is None or run.distance >= MOVED or run.recording is None or not len(run.recording.epochs):
        return False
    return end - run.penalty < ROSE * float(run.recording.of_run("loss")[0])
