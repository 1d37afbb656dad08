"""A training whose loss became infinite."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from steelyard.diagnostics.patches import FAR, change_rate, replace
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding, PatchOperation


@RULES.add
@dataclass(frozen=True)
class Diverged(Rule):
    """A training that ended because its loss was not a finite number."""

    name: ClassVar = "diverged"
    stage: ClassVar = "training"
    symptom: ClassVar = "the loss or a weight was not a finite number"
    consequence: ClassVar = "the job failed; no model was made"
    formula: ClassVar = "L_t or w_t is not finite"
    latex: ClassVar = r"L_t \notin \mathbb{R} \lor w_t \notin \mathbb{R}"
    threshold: ClassVar = "the first step with such a value"
    remedy: ClassVar = "use a smaller learning rate, gradient clipping, or scaled inputs"
    source: ClassVar = "Pascanu, Mikolov, Bengio 2013, On the difficulty of training recurrent neural networks"
    evidence: ClassVar = "/history"

    def find(self, run: Run) -> Iterator[Finding]:
        if not run.diverged or run.error is None:
            return
        unscaled = run.spec["preprocessing"]["numeric"] == "none"
        patch = [] if not unscaled or _starts_with_embedding(run) else [replace("/preprocessing/numeric", "standard")]
        if run.spec["task"] == "regression" and run.spec["preprocessing"]["target"] == "none":
            patch += [] if run.loss.raw_targets else [replace("/preprocessing/target", "standard")]
        if not patch or run.learning_rate > FAR * run.usual_rate:
            patch += change_rate(run, smaller=True)
            if run.spec["training"]["gradient_clip"] is None and not run.is_line_search:
                patch.append(PatchOperation(op="add", path="/training/gradient_clip", value={"norm": 1.0}))
        detail = str(run.error["detail"]).split(" Try ")[0]
        yield self.finding(
            f"The training diverged: {detail}",
            f"Use a smaller learning rate (it was {run.learning_rate:g}), gradient clipping, or scaled inputs and "
            "targets.",
            level="error",
            epoch=run.epochs + 1,
            value=run.learning_rate,
            patch=patch,
        )


def _starts_with_embedding(run: Run) -> bool:
    layers = run.spec["layers"] or [{"type": ""}]
    return bool(layers and layers[0]["type"] == "embedding")
