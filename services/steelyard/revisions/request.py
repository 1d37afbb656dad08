"""What clients send to edit a model."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from steelyard.documents.schema import Strict
from steelyard.errors import Fault, ValidationFailed, nearest, pointer, shown
from steelyard.training.schema_errors import translate

MOST_EDITS = 100
Tensor = Annotated[str, Field(min_length=1, max_length=200, description="its full name, such as `dense_1/kernel`")]
Layer = Annotated[str, Field(min_length=1, max_length=200, description="the name of a hidden dense layer")]
Index = Annotated[
    list[Annotated[int, Field(ge=0)] | None],
    Field(min_length=1, max_length=4, description="a place on each axis, or null for all; default: the whole tensor"),
]
Seed = Annotated[int, Field(ge=0, le=2**53 - 1)]


class SetWeights(Strict):
    """Give weights a value, or a whole tensor its values. Exactly one of `value` and `values`."""

    op: Literal["set"]
    tensor: Tensor
    index: Index | None = None
    value: float | None = None
    values: list[Any] | None = Field(None, description="nested lists of the tensor's shape")


class ScaleWeights(Strict):
    """Multiply weights."""

    op: Literal["scale"]
    tensor: Tensor
    index: Index | None = None
    factor: float


class ZeroWeights(Strict):
    """Set weights to zero."""

    op: Literal["zero"]
    tensor: Tensor
    index: Index | None = None


class PruneWeights(Strict):
    """Set the smallest weights to zero: those of a tensor, or of all kernels together."""

    op: Literal["prune"]
    tensor: Tensor | None = None
    fraction: Annotated[float, Field(gt=0, le=1)]


class AddNoise(Strict):
    """Add Gaussian noise to weights."""

    op: Literal["noise"]
    tensor: Tensor
    index: Index | None = None
    stddev: Annotated[float, Field(gt=0)]
    seed: Seed = 0


class ReinitializeUnits(Strict):
    """Begin units again: new incoming weights from the layer's initializer, outgoing weights zero."""

    op: Literal["reinitialize"]
    layer: Layer
    units: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] | None = Field(
        None, description="default: the dead ones, which are never positive on the training rows"
    )
    seed: Seed = 0


class PermuteUnits(Strict):
    """Put the units of a hidden layer in another order. The network computes the same."""

    op: Literal["permute"]
    layer: Layer
    order: Annotated[
        list[Annotated[int, Field(ge=0)]],
        Field(min_length=1, description="for each new place, the unit that was there before: at `order[i]`"),
    ]


Edit = SetWeights | ScaleWeights | ZeroWeights | PruneWeights | AddNoise | ReinitializeUnits | PermuteUnits
OPS = ("set", "scale", "zero", "prune", "noise", "reinitialize", "permute")


class EditRequest(Strict):
    """Changes to the weights of a model, one after the other."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(None, description="of the new model")
    edits: Annotated[list[Annotated[Edit, Field(discriminator="op")]], Field(min_length=1, max_length=MOST_EDITS)]


def read_edits(document: Any) -> EditRequest:
    """The request. Raises `ValidationFailed` with every fault."""
    edits = document.get("edits") if isinstance(document, dict) else None
    if not isinstance(edits, list):
        raise ValidationFailed([Fault(pointer("edits"), f"is {shown(edits)}; it must be a list of edits")])
    faults = []
    for number, edit in enumerate(edits[:MOST_EDITS]):
        op = edit.get("op") if isinstance(edit, dict) else None
        if op not in OPS:
            hint = nearest(op, OPS) if isinstance(op, str) else f"known are {', '.join(OPS)}"
            place = pointer("edits", number, "op") if isinstance(edit, dict) else pointer("edits", number)
            faults.append(Fault(place, f"is {shown(op if isinstance(edit, dict) else edit)}; {hint}"))
    if faults:
        raise ValidationFailed(faults)
    try:
        return EditRequest.model_validate(document)
    except ValidationError as error:
        raise ValidationFailed(translate(error, EditRequest, document, document)) from None
