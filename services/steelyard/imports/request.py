"""What clients send to import a model: a file, and what the file does not say."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, WithJsonSchema

from steelyard.documents.schema import Label, Strict
from steelyard.documents.strict_json import read_document
from steelyard.errors import Fault, InvalidRequest, ValidationFailed, pointer, shown
from steelyard.training.schema import Column
from steelyard.training.schema_errors import translate

MOST_COLUMNS = 10_000
PART = "model"
Numbers = Annotated[list[float], Field(min_length=1, max_length=MOST_COLUMNS)]
File = Annotated[str, WithJsonSchema({"type": "string", "format": "binary"})]


class Scaling(Strict):
    """Takes `center` from each value, and divides it by `scale`."""

    center: Numbers
    scale: Numbers


class ImportRequest(Strict):
    """What the file does not say about the model. An export of this service says everything but a new name.

    With `like`, nothing else is needed but perhaps `modules`.
    """

    name: Annotated[str, Field(min_length=1, max_length=200, pattern="^[^\\x00]*$")] | None = None
    like: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="id or alias of a model here whose layers, preprocessing and labels the file's weights get"
    )
    inputs: Annotated[list[Column], Field(min_length=1, max_length=MOST_COLUMNS)] | None = Field(
        None, description="the names of the inputs, which are numbers, in order; default: `x0`, `x1` …"
    )
    task: Literal["binary", "multiclass", "multilabel", "regression"] | None = Field(
        None, description="default: by the activation of the output layer"
    )
    classes: Annotated[list[Label], Field(min_length=2, max_length=MOST_COLUMNS)] | None = Field(
        None, description="the labels of the classes, in order; default: 0, 1 …"
    )
    targets: Annotated[list[Column], Field(min_length=1, max_length=MOST_COLUMNS)] | None = Field(
        None, description="the names of the outputs; default: `y`, or `y0`, `y1` …"
    )
    layers: Annotated[list[Any], Field(max_length=100)] | None = Field(
        None, description="the hidden layers, as in a job; needed for files of weights alone"
    )
    activation: Any = Field(None, description="of hidden layers that name none, as in a job; default: `relu`")
    output: dict[str, Any] | None = Field(
        None, description="settings of the output layer, as in a job: `activation`, `use_bias`"
    )
    scaling: Scaling | None = Field(None, description="of the inputs; default: none")
    target_scaling: Scaling | None = Field(None, description="of the targets of a regression; default: none")
    modules: Annotated[list[str], Field(max_length=1000)] | None = Field(
        None,
        description="the parts of the file with weights, in the order of the network: `['fc1', 'head']`; default: in "
        "the order of their numbers, then of their names",
    )


class ImportForm(Strict):
    """A file of weights, and as JSON what it does not say."""

    file: File
    model: ImportRequest | None = None


DESCRIBING = tuple(name for name in ImportRequest.model_fields if name != "name")


def read_request(text: str | None) -> ImportRequest:
    """The part `model` of the form. Raises `ValidationFailed` with every fault."""
    if text is None:
        return ImportRequest()
    try:
        document = read_document(text.encode())
    except InvalidRequest as error:
        raise ValidationFailed([Fault(pointer(PART), f"is not valid JSON: {error.detail}")]) from None
    if not isinstance(document, dict):
        raise ValidationFailed([Fault(pointer(PART), f"is {shown(document)}; it must be an object")])
    try:
        return ImportRequest.model_validate(document)
    except ValidationError as error:
        raise ValidationFailed(in_part(translate(error, ImportRequest, document, document))) from None


def in_part(faults: list[Fault]) -> list[Fault]:
    """Faults of the JSON in the part `model`."""
    return [Fault(pointer(PART) + fault.pointer, fault.detail) for fault in faults]
