"""What source code in C and in JavaScript has in common: arrays of weights, functions of activations, calls in order.

Both compute in double precision with weights of the network's precision: the difference to the service is the rounding
of its single precision.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from steelyard.exports.bundle import ModelBundle
from steelyard.exports.formula import Expression, Language, without_brackets, write
from steelyard.exports.plain import require_few_weights
from steelyard.exports.program import Affine, Block, Lookup, Moving, OverRow, Pointwise, RowNormal, Step

Array = NDArray[Any]
Tables = dict[str, tuple[int, int, int]]  # by name: the column, the number of categories, and that of units
NUMBERS_A_LINE = 12


@dataclass(frozen=True)
class Variable:
    """Values of a row: what they are called, and how many there are."""

    name: str
    width: int


class Script(ABC):
    """The source of a model's networks while it is written."""

    language: Language

    def __init__(self, bundle: ModelBundle) -> None:
        require_few_weights(bundle)
        self.bundle = bundle
        self.arrays: dict[str, Array] = {}
        self.functions: dict[str, str] = {}  # of activations, by their names
        self.helpers: set[str] = set()  # that are called
        self.lines: list[str] = []
        self._by_text: dict[tuple[str, ...], str] = {}

    def array(self, name: str, values: Any) -> str:
        """An array of constants; its name."""
        self.arrays[name] = np.asarray(values)
        return name

    def call(self, helper: str) -> str:
        """The name of a helper, which is written if it is called."""
        self.helpers.add(helper)
        return helper

    def write(self, steps: Sequence[Step], x: Variable, prefix: str) -> Variable:
        """Add the lines of the steps; the variable that has the outputs."""
        for step in steps:
            x = self._step(step, x, prefix)
        return x

    def _step(self, step: Step, x: Variable, prefix: str) -> Variable:
        name = prefix + step.name
        match step:
            case Affine(_, kernel, bias):
                added = "" if bias is None else self.array(f"{name}_bias", bias)
                return self.affine(name, x, self.array(f"{name}_kernel", kernel), added, kernel.shape[1])
            case Pointwise():
                weights = [self.array(f"{name}_{each}", value) for each, value in step.weights.items()]
                return self.pointwise(name, x, self._function(step), weights)
            case OverRow(_, log):
                return self.over_row(name, x, log=log)
            case Moving(_, gamma, beta, mean, variance):
                scale = gamma / np.sqrt(variance + variance.dtype.type(step.epsilon))
                parts = {"scale": scale, "mean": mean, "beta": beta}
                return self.moving(name, x, [self.array(f"{name}_{each}", value) for each, value in parts.items()])
            case RowNormal(_, gamma, beta, epsilon):
                pair = [self.array(f"{name}_gamma", gamma), self.array(f"{name}_beta", beta)]
                return self.row_normal(name, x, pair, epsilon)
            case Lookup():
                return self._look_up(step, x, name)
            case Block(_, inner, projection):
                past, x = x, self.write(inner, x, f"{name}_")
                if projection is not None:
                    weights_name = self.array(f"{name}_projection", projection)
                    past = self.affine(f"{name}_projection", past, weights_name, "", projection.shape[1])
                return self.add(name, x, past)

    def _look_up(self, step: Lookup, x: Variable, name: str) -> Variable:
        tables = {
            self.array(f"{name}_{column}", table): (column, *table.shape)
            for column, table in zip(step.columns, step.tables, strict=True)
        }
        return self.look_up(name, x, step.others, tables)

    def _function(self, step: Pointwise) -> str:
        """The name of the function of an activation, which is written once."""
        names = {each: each for each in ("z", *step.weights)}
        lines, result = write(step.formula, self.language, names)
        key = (*lines, result)
        if key not in self._by_text:
            plain = identifier(step.activation.name)
            number = sum(name.startswith(plain) for name in self.functions)
            name = f"{plain}_{number + 1}"
            self._by_text[key] = name
            self.helpers.update(helpers_of(step.formula))
            self.functions[name] = self.function(
                name, [*names], lines, without_brackets(result), step.activation.formula
            )
        return self._by_text[key]

    @abstractmethod
    def affine(self, name: str, x: Variable, kernel: str, bias: str, units: int) -> Variable:
        """`x · kernel + bias`, without the latter if it has no name."""

    @abstractmethod
    def pointwise(self, name: str, x: Variable, function: str, weights: list[str]) -> Variable:
        """A function of each value, and of its weights."""

    @abstractmethod
    def over_row(self, name: str, x: Variable, *, log: bool) -> Variable:
        """Softmax, or its logarithm."""

    @abstractmethod
    def moving(self, name: str, x: Variable, arrays: list[str]) -> Variable:
        """`(x − mean) · scale + beta`; the arrays are scale, mean, beta."""

    @abstractmethod
    def row_normal(self, name: str, x: Variable, arrays: list[str], epsilon: float) -> Variable:
        """Layer normalization; the arrays are gamma, beta."""

    @abstractmethod
    def look_up(self, name: str, x: Variable, others: Sequence[int], tables: Tables) -> Variable:
        """The other inputs, then the rows of tables: a category number is rounded and clipped."""

    @abstractmethod
    def add(self, name: str, x: Variable, past: Variable) -> Variable:
        """The sum of two."""

    @abstractmethod
    def function(self, name: str, arguments: list[str], lines: list[str], result: str, about: str) -> str:
        """The text of a function of numbers."""


def helpers_of(formula: Expression) -> set[str]:
    """The operations that an expression has."""
    found, waiting = set[str](), [formula]
    while waiting:
        node = waiting.pop()
        if node.op not in found or node.op not in ("name", "constant"):
            found.add(node.op)
            waiting += node.operands
    return found


def identifier(name: str) -> str:
    """A name as C and JavaScript accept it."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def numbers(values: Array, suffix: str = "") -> str:
    """Numbers with commas between them, in lines; each is the shortest text that gives it back."""
    flat = np.ascontiguousarray(values.reshape(-1))
    text = orjson.dumps(flat, option=orjson.OPT_SERIALIZE_NUMPY).decode()[1:-1].replace("null", "0.0")
    words = [word + suffix for word in text.split(",")] if text else []
    lines = [", ".join(words[first : first + NUMBERS_A_LINE]) for first in range(0, len(words), NUMBERS_A_LINE)]
    return ",\n  ".join(lines)
