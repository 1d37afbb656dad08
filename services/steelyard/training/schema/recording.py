"""What clients see of a recording."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.diagnostics.schema import Finding
from steelyard.documents.schema import Answer

Series = dict[str, list[float | None]]


class TensorSeries(Answer):
    """The statistics of a tensor: one list for each name, as long as `epochs`."""

    name: str
    shape: list[int]
    trainable: bool
    series: Series
    histogram: Annotated[
        list[list[int]],
        Field(description="for each epoch, how many weights are in each bin; the first and the last bin are open"),
    ]


class LayerSeries(Answer):
    """The statistics of a layer on the probe: one list for each name, as long as `epochs`."""

    name: str
    type: str
    activation: str | None
    units: int
    series: Series
    tensors: list[TensorSeries]


class RunStatistics(Answer):
    """The recorded statistics of a job; a value that does not exist or is not finite is `null`."""

    object: Literal["diagnostics"]
    job: str
    recorded: Annotated[
        bool,
        Field(description="whether statistics were recorded; if not, those of the stored weights are computed"),
    ]
    note: Annotated[str | None, Field(description="what is missing, and why")]
    epochs: Annotated[list[int], Field(description="0 is before the first step")]
    layers: list[LayerSeries]
    run: Series
    histogram_edges: Annotated[list[float], Field(description="the inner edges of the bins, the same for all jobs")]
    findings: list[Finding]


class Timeline(Answer):
    """A tensor over the epochs whose weights are stored; `shape` and `values` are `(epochs, …)`."""

    name: str
    epochs: list[int]
    index: Annotated[list[int] | None, Field(description="the one weight that was asked for")]
    shape: list[int]
    dtype: str
    values: list[Any]
