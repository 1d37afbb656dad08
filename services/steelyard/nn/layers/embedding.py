"""The embedding of columns that hold category numbers."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from steelyard.errors import InvalidParameter
from steelyard.nn.initializers import Initializer, RandomUniform
from steelyard.nn.layers.base import LAYERS, Array, Axis, Layer, Stage, Surroundings, TensorSpec, squared_norms


@LAYERS.add
@dataclass(frozen=True)
class Embedding(Layer):
    """Replaces each category number in some columns by a learned vector of `units` values.

    The other columns are passed on unchanged and come first; the vectors follow, column by column. `categories` is
    the number of categories of each column, numbered from 0; numbers out of range are clipped. An embedding must be
    the first layer of a network. Keras uses one table for all columns; here each column has its own.
    """

    name: ClassVar = "embedding"
    compiled: ClassVar = True
    formula: ClassVar = "y = [x of the other columns, table_c[x_c] for each column c]"
    latex: ClassVar = r"y = [\, x_{\text{others}},\ T_c[x_c] \text{ for each column } c \,]"
    gradient: ClassVar = "∂L/∂table_c[k] = Σ of ∂L/∂y over the rows with x_c = k; ∂L/∂x of the other columns = ∂L/∂y"
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial T_c[k]} = \sum_{r:\, x_{rc} = k} \frac{\partial L}{\partial y_{rc}}"
    )
    source: ClassVar = "Guo and Berkhahn 2016, Entity embeddings of categorical variables, arXiv:1604.06737"

    columns: tuple[Annotated[int, Ge(0)], ...]
    categories: tuple[Annotated[int, Ge(1), Le(1_000_000)], ...]
    units: Annotated[int, Ge(1), Le(4096)] = 4
    initializer: Initializer = field(default=RandomUniform())
    trainable: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.columns) != len(self.categories):
            raise InvalidParameter("categories", f"are {len(self.categories)}; there must be one for each column")
        if len(set(self.columns)) != len(self.columns):
            raise InvalidParameter("columns", "names a column twice")

    def outputs(self, inputs: int) -> int:
        return inputs + len(self.columns) * (self.units - 1)

    def tensors(self, inputs: int) -> list[TensorSpec]:
        return [
            TensorSpec(f"table_{column}", (count, self.units), self.initializer, trainable=self.trainable)
            for column, count in zip(self.columns, self.categories, strict=True)
        ]

    def axes(self, inputs: Axis, outputs: Axis | None = None) -> tuple[dict[str, tuple[Axis, ...]], Axis]:
        named: dict[str, tuple[Axis, ...]] = {
            f"table_{column}": (tuple(map(str, range(count))), self.units)
            for column, count in zip(self.columns, self.categories, strict=True)
        }
        if isinstance(inputs, int):
            return named, self.outputs(inputs)
        others = [name for place, name in enumerate(inputs) if place not in self.columns]
        vectors = [f"{inputs[column]} [{unit}]" for column in self.columns for unit in range(self.units)]
        return named, (*others, *vectors)

    def keys(self, inputs: Axis) -> dict[str, str]:
        if isinstance(inputs, int):
            return {}
        return {f"table_{column}": f"table of {inputs[column]}" for column in self.columns}

    def stages(self, around: Surroundings) -> list[Stage]:
        return [EmbeddingStage(self, around)]

    def buffer_widths(self, inputs: int) -> int:
        return self.outputs(inputs) + 2 * len(self.columns)


class EmbeddingStage(Stage):
    """An embedding at work: `∂L/∂table_c[k]` is the sum of the gradients of the rows that are of category `k`."""

    def __init__(self, layer: Embedding, around: Surroundings) -> None:
        self._columns, self._units = layer.columns, layer.units
        self._others = [column for column in range(around.inputs) if column not in layer.columns]
        self._tables = [around.weights[f"table_{column}"] for column in layer.columns]
        self._gradients = [around.gradients[f"table_{column}"] for column in layer.columns]
        self._numbers = np.empty((len(layer.columns), around.rows), np.int64)
        self._y = around.buffer(layer.outputs(around.inputs))
        self._x_gradient = around.buffer(around.inputs)

    def forward(self, x: Array) -> Array:
        passed = len(self._others)
        self._y[:, :passed] = x[:, self._others]
        for place, (column, table) in enumerate(zip(self._columns, self._tables, strict=True)):
            numbers = self._numbers[place]
            np.rint(np.clip(x[:, column], 0, len(table) - 1), out=numbers, casting="unsafe")
            start = passed + place * self._units
            self._y[:, start : start + self._units] = table[numbers]
        return self._y

    def row_norms(self, grad: Array) -> dict[str, Array]:
        starts = range(len(self._others), grad.shape[1], self._units)
        return {
            f"table_{column}": squared_norms(grad[:, start : start + self._units])
            for column, start in zip(self._columns, starts, strict=True)
        }

    def backward(self, grad: Array) -> Array:
        passed = len(self._others)
        for place, gradient in enumerate(self._gradients):
            start = passed + place * self._units
            gradient[...] = 0
            np.add.at(gradient, self._numbers[place], grad[:, start : start + self._units])
        self._x_gradient[...] = 0  # a category number has no gradient
        self._x_gradient[:, self._others] = grad[:, :passed]
        return self._x_gradient
