"""What clients see of a replayed job."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.documents.schema import Answer, Cell, Label
from steelyard.tabular.values import Kind

Numbers = list[float | None]
Nested = list[Any]


class GridAxis(Answer):
    """A column as an axis: the values of its grid lines, as rows of data have them."""

    name: str
    kind: Kind
    values: list[Cell]


class BoundaryGrid(Answer):
    """The answers after an epoch, a row for each value of `y`: class and probability, or the value."""

    epoch: int
    predicted: Annotated[list[list[int]] | None, Field(description="places in `classes`")] = None
    probability: Annotated[
        list[Numbers] | None, Field(description="of the predicted class; null if the loss gives no probabilities")
    ] = None
    value: Annotated[list[Numbers] | None, Field(description="of regression, in the units of the target")] = None


class BoundaryPoints(Answer):
    """At most 500 training rows, evenly spaced: their numbers, positions and targets."""

    rows: list[int]
    x: list[Cell]
    y: list[Cell] | None
    target: Annotated[list[int | float], Field(description="places in `classes`, or values")]


class DecisionBoundary(Answer):
    """What the network answers over a grid of two columns; the others are at their median or most frequent value."""

    object: Literal["decision_boundary"]
    job: str
    task: str
    target: str
    classes: list[Label] | None
    x: GridAxis
    y: Annotated[GridAxis | None, Field(description="null if the job has one input column")]
    others: Annotated[dict[str, Cell], Field(description="the values of the other columns")]
    grids: list[BoundaryGrid]
    points: BoundaryPoints


class Unit(Answer):
    """A unit on the rows of the probe."""

    unit: Annotated[int, Field(description="its number in the layer, from 0")]
    name: str
    mean: float | None
    std: float | None
    histogram: Annotated[list[int], Field(description="how many rows have an output in each bin")]
    dead: Annotated[bool | None, Field(description="never positive; null for activations that cannot die")]
    dormant: Annotated[bool | None, Field(description="at most 0.025 of the layer's mean activity")]
    saturated: Annotated[bool | None, Field(description="on a flat part for 95 % of the rows; null without flat parts")]
    weights: Annotated[Numbers | None, Field(description="of the kernel, in the order of `inputs`")]
    bias: float | None


class UnitsAtEpoch(Answer):
    """The units after an epoch, and the standard deviation of each of the layer's inputs."""

    epoch: int
    input_std: Numbers
    units: list[Unit]


class LayerUnits(Answer):
    """The units of a layer. `edges` of the bins are the same for all units and all stored epochs."""

    object: Literal["units"]
    job: str
    layer: str
    type: str
    activation: str | None
    inputs: Annotated[
        list[str] | None, Field(description="the names of the inputs: encoded columns such as `country=DE`, or units")
    ]
    rows: Annotated[int, Field(description="number of rows of the probe")]
    edges: list[float]
    epochs: list[UnitsAtEpoch]


class Gradients(Answer):
    """The gradient of the probe's mean loss by a tensor, and how the tensor changed; `(epochs, …)` both."""

    name: str
    epochs: list[int]
    index: Annotated[list[int] | None, Field(description="the one weight that was asked for")]
    shape: list[int]
    dtype: str
    values: Annotated[Nested, Field(description="null for a tensor that is not trained")]
    changes: Annotated[Nested, Field(description="since the stored epoch before; null at the first")]


class HistogramAtEpoch(Answer):
    """The counts after an epoch."""

    epoch: int
    counts: list[int]


class Histograms(Answer):
    """The histograms of the weights or gradients of a tensor, or of a layer's outputs, in bins shared by all epochs."""

    object: Literal["histograms"]
    job: str
    name: str
    of: Literal["weights", "gradients", "outputs"]
    edges: list[float]
    epochs: list[HistogramAtEpoch]
