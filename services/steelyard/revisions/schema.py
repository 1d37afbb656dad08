"""What clients see of differences between models."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from steelyard.documents.schema import Answer
from steelyard.models.schema import Model

Values = Annotated[Any, WithJsonSchema({"type": "array", "items": {}})]


class LargestChange(Answer):
    """The weight that differs most."""

    index: list[int]
    first: float | None
    second: float | None


class TensorDiff(Answer):
    """A tensor of two models: of equal tensors the distance is 0, and the largest change null."""

    name: str
    shape: list[int]
    distance: Annotated[float | None, Field(description="the Euclidean norm of the difference")]
    relative_distance: Annotated[float | None, Field(description="divided by the norm of the first, unless that is 0")]
    cosine: Annotated[float | None, Field(description="of the angle between both; null if one of them is 0")]
    changed: Annotated[int, Field(description="number of weights that differ")]
    largest_change: LargestChange | None


class Uncompared(Answer):
    """A tensor that only one model has, or that has another shape."""

    name: str
    first: Annotated[list[int] | None, Field(description="its shape in the first model; null if it is not there")]
    second: list[int] | None


class HeldOutDiff(Answer):
    """On how many held-out rows of the first model's job, or else of the second's, the two models disagree."""

    split: Literal["validation", "test", "train"]
    rows: int
    disagree: Annotated[
        int,
        Field(
            description="rows with another class; for numbers, rows whose predictions are farther apart than "
            "a thousandth of the standard deviation of the target"
        ),
    ]
    mean_difference: Annotated[float | None, Field(description="of numbers: the mean absolute difference")] = None


class ModelDiff(Answer):
    """How the weights of two models differ."""

    object: Literal["diff"]
    first: str
    second: str
    aligned: bool
    permutation: Annotated[
        dict[str, list[int]] | None,
        Field(
            description="after alignment, by layer: the unit of the second model that corresponds to each unit of the "
            "first; only layers in which that changes anything"
        ),
    ] = None
    equal: Annotated[bool, Field(description="whether all tensors are equal")]
    distance: float | None
    cosine: float | None
    tensors: list[TensorDiff]
    uncompared: list[Uncompared]
    held_out: HeldOutDiff | None
    notes: list[str]


class Change(Answer):
    """A metric before and after the edits, on the same rows."""

    before: float | None
    after: float | None


class ModelEdit(Answer):
    """A model made by edits of another."""

    object: Literal["edit"]
    parent: str
    model: Model
    edits: Annotated[list[dict[str, Any]], Field(description="as they were made, with what was left open")]
    undo: Annotated[
        list[dict[str, Any]] | None,
        Field(description="edits of the new model that give the old weights, bit for bit; null if they are too many"),
    ]
    changed: Annotated[dict[str, int], Field(description="how many weights changed, by tensor")]
    metrics: dict[str, dict[str, Change]]
    notes: list[str]
