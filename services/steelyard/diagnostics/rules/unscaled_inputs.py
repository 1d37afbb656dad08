"""Inputs of very different or very large scale."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt

from steelyard.diagnostics.patches import replace
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding
from steelyard.errors import shown
from steelyard.nn.one_hot import OneHot

MOST_ROWS = 1000


@RULES.add
@dataclass(frozen=True)
class UnscaledInputs(Rule):
    """Numbers that are not scaled before the network, and are large or of very different size."""

    name: ClassVar = "unscaled_inputs"
    stage: ClassVar = "data"
    symptom: ClassVar = "inputs are not scaled, and are large or very different in size"
    consequence: ClassVar = "units saturate or die, and one learning rate does not fit all inputs"
    formula: ClassVar = "max_j √mean x_j² > size, or max_j s_j / min_j s_j > ratio, with preprocessing.numeric none"
    latex: ClassVar = r"\max_j \sqrt{\overline{x_j^2}} > \text{size} \lor \frac{\max_j s_j}{\min_j s_j} > \text{ratio}"
    threshold: ClassVar = "a root mean square above `size`, or standard deviations that differ by `ratio`"
    remedy: ClassVar = "use `preprocessing.numeric: standard`"
    source: ClassVar = "LeCun, Bottou, Orr, Müller 1998, Efficient BackProp"
    needs_data: ClassVar = True
    live: ClassVar = True
    explains: ClassVar = (*MISSED_CLASSES, "loss_did_not_fall", "learning_rate_too_high", "learning_rate_too_low")

    size: Annotated[float, Gt(0)] = 10.0
    ratio: Annotated[float, Gt(1)] = 100.0

    def find(self, run: Run) -> Iterator[Finding]:
        data = run.data
        if data is None or run.spec["preprocessing"]["numeric"] != "none" or _has_embedding(run):
            return
        numbers = data.x.numbers if isinstance(data.x, OneHot) else data.x
        sample = np.asarray(numbers[:MOST_ROWS], np.float64)
        sample = np.where(np.isfinite(sample), sample, 0.0)
        sizes, deviations = np.sqrt(np.square(sample).mean(axis=0)), sample.std(axis=0)
        spread = deviations[deviations > 0]
        if not len(spread):
            return
        largest, ratio = float(sizes.max()), float(spread.max() / spread.min())
        if largest <= self.size and ratio <= self.ratio:
            return
        name = next(name for name, places in data.encoder.places.items() if int(sizes.argmax()) in places)
        yield self.finding(
            f"The inputs are not scaled: the root mean square of {shown(name)} is {largest:.3g}, and the standard "
            f"deviations of the inputs differ by a factor of {ratio:.3g}.",
            "Use preprocessing.numeric 'standard'.",
            level="warning" if run.is_harmed or run.starts_high else "info",
            epoch=0,
            value=max(largest / self.size, ratio / self.ratio),
            threshold=1.0,
            patch=[replace("/preprocessing/numeric", "standard")],
        )


def _has_embedding(run: Run) -> bool:
    return any(place.spec.get("type") == "embedding" for place in run.layers.values())
