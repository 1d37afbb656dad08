"""Inputs with one value."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from steelyard.diagnostics.columns import constant_inputs
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class ConstantInputs(Rule):
    """Inputs with one value."""

    name: ClassVar = "constant_inputs"
    stage: ClassVar = "data"
    symptom: ClassVar = "inputs have one value in all training rows"
    consequence: ClassVar = "the network learns nothing from them"
    formula: ClassVar = "|{x_ij}| = 1 over the training rows i"
    latex: ClassVar = r"|\{x_{ij}\}_i| = 1"
    threshold: ClassVar = "all rows"
    remedy: ClassVar = "add rows with other values, or drop them"
    source: ClassVar = "Kuhn, Johnson 2019, Feature Engineering and Selection"
    needs_data: ClassVar = True

    def find(self, run: Run) -> Iterator[Finding]:
        data = run.data
        if data is not None:
            yield from constant_inputs(data.supervised.inputs, data.rows)
