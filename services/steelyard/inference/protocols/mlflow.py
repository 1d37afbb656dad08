"""The scoring protocol of MLflow's model server: the bodies that `mlflow.pyfunc.scoring_server.client` sends.

A request becomes rows of a predict request, so the answers have the same bits. Source:
https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/.
"""

import re
from typing import Any

from pydantic import ValidationError

from steelyard.errors import Fault, SteelyardError, ValidationFailed, pointer, shown
from steelyard.http.routing import ErrorForm
from steelyard.inference.protocols.schema import InvocationsError, InvocationsRequest
from steelyard.training.schema_errors import translate

FIELDS = (*InvocationsRequest.model_fields,)
CODES = {
    "invalid-request": "BAD_REQUEST",
    "validation-failed": "INVALID_PARAMETER_VALUE",
    "unsupported-media-type": "BAD_REQUEST",
    "payload-too-large": "REQUEST_LIMIT_EXCEEDED",
    "not-found": "RESOURCE_DOES_NOT_EXIST",
    "forbidden": "PERMISSION_DENIED",
    "unavailable": "TEMPORARILY_UNAVAILABLE",
    "internal": "INTERNAL_ERROR",
}


def _write_error(error: SteelyardError) -> InvocationsError:
    return InvocationsError(error_code=CODES.get(error.slug, "BAD_REQUEST"), message=error.detail)


ERRORS = ErrorForm(re.compile(r"/v1/models/[^/]+/invocations$|/ping$|/version$"), InvocationsError, _write_error)


def make_rows(document: Any) -> tuple[list[Any], str]:
    """The rows of a predict request, and the pointer to them. Raises `ValidationFailed`."""
    given = [name for name in FIELDS if name in document] if isinstance(document, dict) else []
    if len(given) != 1:
        seen = f"has {' and '.join(given) or 'none of them'}" if isinstance(document, dict) else "is no object"
        raise ValidationFailed([Fault("", f"{seen}; it must have exactly one of {', '.join(FIELDS)}")])
    [field] = given
    try:
        request = InvocationsRequest.model_validate(document)
    except ValidationError as error:
        raise ValidationFailed(translate(error, InvocationsRequest, document, document)) from None
    match getattr(request, field):
        case None:
            raise ValidationFailed([Fault(pointer(field), "is null; it must have rows")])
        case dict() as columns:
            return _of_columns(columns, pointer(field)), pointer(field)
        case list() as rows:
            return rows, pointer(field)
        case frame:
            at = pointer(field, "data")
            return frame.data if frame.columns is None else _of_split(frame.columns, frame.data, at), at


def _of_split(columns: list[str], data: list[list[Any]], at: str) -> list[Any]:
    if len({*columns}) < len(columns):
        raise ValidationFailed([Fault("/dataframe_split/columns", "has a name twice")])
    wrong = next((number for number, row in enumerate(data) if len(row) != len(columns)), None)
    if wrong is not None:
        detail = f"has {len(data[wrong])} values; there are {len(columns)} columns"
        raise ValidationFailed([Fault(f"{at}/{wrong}", detail)])
    return [dict(zip(columns, row, strict=True)) for row in data]


def _of_columns(columns: dict[str, Any], at: str) -> list[Any]:
    """The rows of named columns, lists of the same length, whose values may each be in a list."""
    found = {}
    for name, values in columns.items():
        if not isinstance(values, list):
            raise ValidationFailed([Fault(at + pointer(name), f"is {shown(values)}; it must be a list")])
        found[name] = [value[0] if isinstance(value, list) and len(value) == 1 else value for value in values]
    if len({*map(len, found.values())}) > 1:
        raise ValidationFailed([Fault(at, "has columns of different lengths")])
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
