"""Categories that share an input because they are rare."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from steelyard.diagnostics.columns import rare_categories
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class RareCategories(Rule):
    """Categories that share an input because they are rare."""

    name: ClassVar = "rare_categories"
    stage: ClassVar = "data"
    symptom: ClassVar = "rare categories share one input with unknown ones"
    consequence: ClassVar = "the network cannot tell them apart"
    formula: ClassVar = "n_c < min_frequency, or beyond the max_categories most frequent"
    latex: ClassVar = r"n_c < \text{min\_frequency}"
    threshold: ClassVar = "one category"
    remedy: ClassVar = "change `max_categories` or `min_frequency`"
    source: ClassVar = "Kuhn, Johnson 2019, Feature Engineering and Selection"
    needs_data: ClassVar = True

    def find(self, run: Run) -> Iterator[Finding]:
        data = run.data
        if data is not None:
            for column in data.encoder.categories:
                yield from rare_categories(column, data.encoder)
