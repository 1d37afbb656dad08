"""Open Inference Protocol, version 2, with the binary tensor extension, as Triton and KServe clients use it.

A request becomes rows of a predict request, so the answers have the same bits; a prediction becomes tensors: `label`
and `probabilities` of classes, or `value`. Source: https://github.com/kserve/open-inference-protocol and
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md.
"""

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from steelyard.documents.strict_json import nan_as_null, read_document
from steelyard.documents.writer import dump
from steelyard.errors import Fault, InvalidRequest, PayloadTooLarge, ValidationFailed, pointer, shown
from steelyard.http.routing import JSON, ErrorForm
from steelyard.inference.protocols import tensors
from steelyard.inference.protocols.schema import (
    ColumnsOfRows,
    InferError,
    InferRequest,
    InferResponse,
    ModelMetadata,
    RequestTensor,
    ResponseParameters,
    ResponseTensor,
    TensorMetadata,
)
from steelyard.inference.rows import Inputs, errors_at, read_cells, read_inputs
from steelyard.inference.schema import Prediction
from steelyard.inference.service import Loaded
from steelyard.tabular.encoder import Encoder
from steelyard.training.schema_errors import translate

BINARY = "application/octet-stream"
HEADER = "Inference-Header-Content-Length"
DIGITS = re.compile(r"[0-9]{1,15}", re.ASCII)
DATA = re.compile(rb'"data"\s*:\s*\[')
MOST_KEPT_BYTES = 1 << 12  # of a request's JSON without values: what it says is kept for the next one
COLUMNS = tuple(ColumnsOfRows.model_fields)
ROWS = "/rows"  # where values are, in errors: `/rows/3/width`
INPUT_TYPES = {"numeric": "FP64", "boolean": "BOOL"}  # of a column's kind; others are strings
ERRORS = ErrorForm(re.compile(r"/v2(/|$)"), InferError, lambda error: InferError(error=error.detail))


@dataclass(frozen=True)
class Envelope:
    """What the JSON of a request says: its tensors, and the outputs that it asks for, each as bytes or not."""

    id: str | None
    inputs: Sequence[RequestTensor]
    outputs: dict[str, bool]
    is_binary: bool


@dataclass(frozen=True)
class Asked:
    """A request: its tensors with their JSON data or bytes, and the outputs that it asks for, each as bytes or not."""

    id: str | None
    inputs: list[tuple[RequestTensor, Any]]
    outputs: dict[str, bool]
    is_binary: bool
    may_have_booleans: bool = True  # among numbers in JSON

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.inputs[0][0].shape[0]


def read_request(body: bytes, header: str | None) -> Asked:
    """The request in a body whose JSON has as many bytes as `header` says.

    Raises `InvalidRequest`, `ValidationFailed`, `PayloadTooLarge`.
    """
    length = _read_length(header, len(body))
    text, content = nan_as_null(body[:length]), memoryview(body)[length:]
    if (cut := _cut_out(text)) is not None:
        rest, data, may_have_booleans = cut
        with suppress(InvalidRequest, ValidationFailed, PayloadTooLarge):  # of all of the text, errors know the place
            found = _read_envelope(rest)
            if len(found.inputs) == 1 and found.inputs[0].data == []:
                [(tensor, _)] = _with_bytes(found.inputs, content)
                return Asked(found.id, [(tensor, data)], found.outputs, found.is_binary, may_have_booleans)
    is_kept = len(text) <= MOST_KEPT_BYTES and b'"data"' not in text  # values are not
    found = (_read_envelope if is_kept else _read_envelope.__wrapped__)(text)
    return Asked(found.id, _with_bytes(found.inputs, content), found.outputs, found.is_binary)


def _cut_out(text: bytes) -> tuple[bytes, Any, bool] | None:
    """The JSON with an empty list in the place of its only `data`; the data, a flat list; and if it may have booleans.

    What is left is short, and the same in all requests of a client. `None` for other JSON; with an escape, `data` might
    be written otherwise.
    """
    if (begun := DATA.search(text)) is None:
        return None
    start, end = begun.end() - 1, text.find(b"]", begun.end()) + 1
    rest = text[:start] + b"[]" + text[end:]
    if len(rest) > MOST_KEPT_BYTES or b"\\" in rest or rest.count(b'"data"') != 1:
        return None
    flat = text[start:end]
    try:
        return rest, read_document(flat), b"u" in flat or b"s" in flat
    except (InvalidRequest, PayloadTooLarge):
        return None


@lru_cache(maxsize=256)
def _read_envelope(text: bytes) -> Envelope:
    """What the JSON of a request says. Raises as `read_request` does, which is not kept."""
    document = read_document(text)
    try:
        request = InferRequest.model_validate(document)
    except ValidationError as error:
        raise ValidationFailed(translate(error, InferRequest, document, document)) from None
    tensors.require_few([each.shape for each in request.inputs])
    _require_data(request.inputs)
    is_binary = request.parameters is not None and request.parameters.binary_data_output
    outputs: dict[str, bool] = {}
    for each in request.outputs or ():
        own = each.parameters.binary_data if each.parameters else None
        outputs[each.name] = is_binary if own is None else own
    return Envelope(request.id, request.inputs, outputs, is_binary)


def _read_length(header: str | None, most: int) -> int:
    if header is None:
        return most
    if not DIGITS.fullmatch(header) or int(header) > most:
        detail = f"must be the number of bytes of the JSON, at most the {most} of the body"
        raise InvalidRequest(f"the header {HEADER} is {shown(header)}; it {detail}")
    return int(header)


def _require_data(inputs: Sequence[RequestTensor]) -> None:
    """Each tensor has JSON data or bytes, and another name than the others. Raises `ValidationFailed`."""
    faults, names = [], set[str]()
    for number, each in enumerate(inputs):
        if (each.data is None) == (_size(each) is None):
            faults.append(Fault(pointer("inputs", number), "must have either 'data' or the parameter binary_data_size"))
        if each.name in names:
            faults.append(Fault(pointer("inputs", number, "name"), "is the name of another tensor, too"))
        names.add(each.name)
    if faults:
        raise ValidationFailed(faults)


def _size(tensor: RequestTensor) -> int | None:
    return None if tensor.parameters is None else tensor.parameters.binary_data_size


def _with_bytes(inputs: Sequence[RequestTensor], content: memoryview) -> list[tuple[RequestTensor, Any]]:
    """Each tensor with its JSON data or its bytes, which follow each other in `content`."""
    sizes = [size for each in inputs if (size := _size(each)) is not None]
    if sum(sizes) != len(content):
        detail = f"{len(content)} bytes follow the JSON; the tensors' binary_data_size add up to {sum(sizes)}"
        raise InvalidRequest(f"{detail} (the header {HEADER} is where the JSON ends)")
    found, place = list[tuple[RequestTensor, Any]](), 0
    for each in inputs:
        if (size := _size(each)) is None:
            found.append((each, each.data))
        else:
            found.append((each, content[place : place + size]))
            place += size
    return found


def make_inputs(asked: Asked, encoder: Encoder, dtype: Any) -> Inputs:
    """The network's inputs. Raises `ValidationFailed`, naming rows as `/rows/3`."""
    features = encoder.features
    if _is_matrix(asked, features):
        tensor, data = asked.inputs[0]
        cells = tensors.read_matrix(data, tensor.datatype, tensor.shape, may_have_booleans=asked.may_have_booleans)
        if cells is not None and (read := read_cells(cells, encoder, dtype)) is not None:
            return read
    rows = make_rows(asked, [*features])
    with errors_at(ROWS):
        return read_inputs({"inputs": rows}, encoder, dtype)


def _is_matrix(asked: Asked, features: Collection[str]) -> bool:
    """Whether there is one tensor, `(rows, all inputs)`."""
    tensor, _ = asked.inputs[0]
    return len(asked.inputs) == 1 and len(tensor.shape) == 2 and (tensor.shape[-1] > 1 or tensor.name not in features)


def make_rows(asked: Asked, features: Sequence[str]) -> list[Any]:
    """The rows of a predict request: lists in the order of the inputs, or objects. Raises `ValidationFailed`."""
    read = [_read_values(number, *each) for number, each in enumerate(asked.inputs)]
    tensor, _ = asked.inputs[0]
    width = tensor.shape[-1]
    if _is_matrix(asked, features):
        if width != len(features):
            detail = f"has {width} columns; the model has {len(features)} inputs: {', '.join(features[:10])}"
            raise ValidationFailed([Fault("/inputs/0/shape", detail)])
        [values] = read
        return [values[first : first + width] for first in range(0, len(values), width)]
    for number, (each, _) in enumerate(asked.inputs):
        if each.shape not in ([tensor.shape[0]], [tensor.shape[0], 1]):
            detail = f"is {each.shape}; the tensor of a column has the shape [N] or [N, 1], with the same N for all"
            raise ValidationFailed([Fault(pointer("inputs", number, "shape"), detail)])
    columns = {each.name: values for (each, _), values in zip(asked.inputs, read, strict=True)}
    if columns.keys() == {*features}:
        return [[*row] for row in zip(*(columns[name] for name in features), strict=True)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _read_values(number: int, tensor: RequestTensor, data: Any) -> list[Any]:
    """The values of a tensor from its JSON data or its bytes."""
    if isinstance(data, memoryview):
        return tensors.read_binary(data, tensor.datatype, tensor.shape, ("inputs", number))
    return tensors.read_json(data, tensor.datatype, tensor.shape, ("inputs", number, "data"))


def write_answer(asked: Asked, name: str, prediction: Prediction) -> tuple[bytes, dict[str, str]]:
    """The answer and its headers, which say how many bytes of it are JSON if others follow.

    Raises `ValidationFailed`.
    """
    said = prediction.to_json()
    found = _outputs(said)
    for number, wanted in enumerate(asked.outputs):
        if wanted not in found:
            detail = f"is {shown(wanted)}; the outputs of this model are {', '.join(found)}"
            raise ValidationFailed([Fault(pointer("outputs", number, "name"), detail)])
    written, binary = [], []
    for output, as_bytes in (asked.outputs or dict.fromkeys(found, asked.is_binary)).items():
        values, datatype = _typed(found[output], said.get("classes", ()))
        shape = [*values.shape] if isinstance(values, np.ndarray) else [len(values)]
        tensor: dict[str, Any] = {"name": output, "datatype": datatype, "shape": shape}
        if as_bytes:
            binary.append(tensors.write_binary(values, datatype))
            tensor["parameters"] = ResponseParameters(binary_data_size=len(binary[-1]))
        else:
            tensor["data"] = values.ravel() if isinstance(values, np.ndarray) else values
        written.append(ResponseTensor.unchecked(**tensor))
    answer: dict[str, Any] = {"model_name": name, "model_version": said["model"], "outputs": written}
    if asked.id is not None:
        answer["id"] = asked.id
    if columns := {key: ", ".join(said[key]) for key in COLUMNS if key in said}:
        answer["parameters"] = ColumnsOfRows(**columns)
    content = dump(InferResponse.unchecked(**answer))
    if not binary:
        return content, {"content-type": JSON}
    return content + b"".join(binary), {"content-type": BINARY, HEADER.lower(): str(len(content))}


def _outputs(said: dict[str, Any]) -> dict[str, list[Any] | NDArray[Any]]:
    """The values of each output of a prediction."""
    if "classes" not in said:
        return {"value": said["predictions"]}
    found = {"label": said["predictions"], "probabilities": said.get("probabilities")}
    return {name: values for name, values in found.items() if values is not None}


def _typed(values: list[Any] | NDArray[Any], classes: Sequence[Any]) -> tuple[list[Any] | NDArray[Any], str]:
    """The values of an output as their datatype has them, and the datatype; that of labels is that of all classes."""
    datatype = tensors.type_of(values if isinstance(values, np.ndarray) else classes)
    return ([_as_string(value) for value in values] if datatype == tensors.STRINGS else values), datatype


def _as_string(label: Any) -> str:
    return label if isinstance(label, str) else dump(label).decode()


def describe(name: str, model_id: str, model: Loaded) -> ModelMetadata:
    """The tensors of a model."""
    kinds = {column: kind.kind for column, kind in model.inputs.features.items()}
    inputs = [
        TensorMetadata.unchecked(name=column, datatype=INPUT_TYPES.get(kind, tensors.STRINGS), shape=[-1])
        for column, kind in kinds.items()
    ]
    return ModelMetadata(
        name=name, versions=[model_id], platform="steelyard", inputs=inputs, outputs=_describe_outputs(model)
    )


def _describe_outputs(model: Loaded) -> list[TensorMetadata]:
    real, units = tensors.type_of(np.empty(0, model.network.dtype)), model.network.outputs
    several = [units] if units > 1 else []
    if model.labels is None:
        datatype = real if model.target is None else "FP64"
        return [TensorMetadata(name="value", datatype=datatype, shape=[-1, *several])]
    is_multiclass = "multiclass" in model.loss.tasks
    datatype = "INT64" if several and not is_multiclass else tensors.type_of(model.labels)
    shape = [-1] if is_multiclass else [-1, *several]
    found = [TensorMetadata(name="label", datatype=datatype, shape=shape)]
    if model.loss.probabilities:
        width = len(model.labels)
        found.append(TensorMetadata(name="probabilities", datatype=real, shape=[-1, width]))
    return found
