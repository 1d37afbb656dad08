"""Columns with very many categories."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from steelyard.diagnostics.columns import high_cardinality
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class HighCardinality(Rule):
    """Columns with very many categories."""

    name: ClassVar = "high_cardinality"
    stage: ClassVar = "data"
    symptom: ClassVar = "a column has many categories for its rows"
    consequence: ClassVar = "there are few rows to learn each category from"
    formula: ClassVar = "number of categories > 50"
    latex: ClassVar = r"|\{x_i\}| > 50"
    threshold: ClassVar = "50 categories"
    remedy: ClassVar = "use an embedding, or drop the column"
    source: ClassVar = "Kuhn, Johnson 2019, Feature Engineering and Selection"
    needs_data: ClassVar = True

    def find(self, run: Run) -> Iterator[Finding]:
        data = run.data
        if data is not None:
            for column in data.encoder.categories:
                yield from high_cardinality(column, data.encoder, len(data.rows))
