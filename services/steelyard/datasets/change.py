"""The body of a request to change a data set."""

from typing import Any

from steelyard.datasets.schema import DatasetChange
from steelyard.errors import Fault, ValidationFailed, nearest, pointer, shown
from steelyard.tabular.schema import read_schema

FIELDS = tuple(DatasetChange.model_fields)
MOST_NAME = 200


def read_change(document: Any) -> tuple[str | None, dict[str, dict[str, Any] | None]]:
    """The new name, if any, and the types of columns; `None` for types that are to be detected again.

    Raises `ValidationFailed`.
    """
    if not isinstance(document, dict) or not document:
        raise ValidationFailed([Fault("", f"is {shown(document)}; it must be an object with 'name' or 'columns'")])
    faults = [
        Fault(pointer(key), f"is not a known field; {nearest(key, FIELDS)}") for key in document if key not in FIELDS
    ]
    name, columns = document.get("name"), document.get("columns", {})
    if "name" in document and not (isinstance(name, str) and 0 < len(name) <= MOST_NAME and "\0" not in name):
        faults.append(Fault(pointer("name"), f"is {shown(name)}; it must be a string of 1 to {MOST_NAME} characters"))
    given = (
        {key: value for key, value in columns.items() if value is not None} if isinstance(columns, dict) else columns
    )
    types = {}
    try:
        types = read_schema(given, "columns")
    except ValidationFailed as error:
        faults += error.faults
    if faults:
        raise ValidationFailed(faults)
    schemas = {key: None if value is None else types[key].to_json() for key, value in columns.items()}
    return name, schemas
