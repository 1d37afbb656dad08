"""The inputs of a predict request: rows as lists in the features' order, as objects by the features' names, or a table.

What is required of a value depends on how the model was trained: its column's type, and how missing values are filled.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.documents.strict_json import read_document
from steelyard.errors import Fault, ValidationFailed, nearest, pointer, shown
from steelyard.inference.column_names import Matched, match, name_faults
from steelyard.tabular.column import Column
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.json_numbers import is_number
from steelyard.tabular.table import Table
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import ColumnType, WrongValue
from steelyard.tabular.types.number import Number
from steelyard.tabular.values import Values, trimmed

MOST_FAULTS = 20


@dataclass(frozen=True)
class Inputs:
    """The network's inputs `(rows, width)`, and which columns of the rows they are."""

    x: NDArray[Any]
    columns: Matched = field(default_factory=Matched)


def read_body(body: bytes, encoder: Encoder, dtype: Any) -> Inputs:
    """The inputs of `{"inputs": …}`. Raises `InvalidRequest`, `ValidationFailed`, `PayloadTooLarge`."""
    return read_inputs(read_document(body), encoder, dtype)


def read_inputs(document: Any, encoder: Encoder, dtype: Any) -> Inputs:
    """The inputs of a document. A key that a row lacks is a missing value.

    Raises `ValidationFailed`, naming row and column.
    """
    rows = _read_rows(document)
    cells = encoder.cells.read(rows)
    if cells is not None:
        x = encoder.encode_cells(cells, dtype)
        _require_finite(x, encoder, lambda row, name: _place(rows[row], row, name, [*encoder.features]))
        return Inputs(x)
    features = list(encoder.features)
    rows = [_named(row, encoder.features) if isinstance(row, dict) else row for row in rows]
    matched = [match(row, encoder.features) if isinstance(row, dict) else Matched() for row in rows]
    _refuse(_shape_faults(rows, matched, features))
    columns = {}
    for place, name in enumerate(features):
        columns[name] = [row.get(name) if isinstance(row, dict) else row[place] for row in rows]

    def at(row: int, name: str) -> str:
        return _place(rows[row], row, name, features)

    x = encoder.encode(_checked(lambda name, kind: kind.read_list(columns[name]), encoder, at), dtype)
    _require_finite(x, encoder, at)
    return Inputs(x, _of_all(matched))


def read_cells(cells: NDArray[np.float64], encoder: Encoder, dtype: Any) -> Inputs | None:
    """The inputs of rows of numbers in the features' order, NaN where one is missing: `(rows, features)`.

    `None` if the model does not take such rows, or anything is wrong with them, which `read_inputs` reports.
    """
    if not encoder.cells.takes(cells):
        return None
    x = encoder.encode_cells(cells, dtype)
    return Inputs(x) if np.isfinite(x).all() else None


def _place(row: Any, number: int, name: str, features: list[str]) -> str:
    """Where the value of a column stands in a row of the request."""
    return pointer("inputs", number, name if isinstance(row, dict) else features.index(name))


def _of_all(matched: list[Matched]) -> Matched:
    """What was ignored, and what was missing, in any of the rows."""
    ignored = dict.fromkeys(name for each in matched for name in each.ignored)
    return Matched((*ignored,), (*dict.fromkeys(name for each in matched for name in each.missing),))


def read_table(
    table: Table, encoder: Encoder, dtype: Any, *, first: int = 0, decimal: str | None = None
) -> NDArray[Any]:
    """The network's inputs for the rows of a table, whose columns may be in any order.

    `first` is the number of the first row, for error messages; `decimal` is the decimal point of numbers in strings,
    unless it is that of the training data.
    """
    _refuse(name_faults(match(table.names, encoder.features), encoder.features, "inputs", 0))

    def read(name: str, kind: ColumnType) -> Values:
        column = table.columns.get(name)
        if column is None:
            return kind.hold([None] * table.rows)
        if name in encoder.labels and isinstance(column.type, Number):
            _require_no_lost_zeros(column.values, encoder.labels[name])
        elif name in encoder.labels:
            _require_no_lost_labels(column, encoder.labels[name])
        if decimal is not None and isinstance(kind, Number):
            kind = replace(kind, decimal="," if decimal == "," else None)
        return kind.convert(column.values, column.type)

    def at(row: int, name: str) -> str:
        return pointer("inputs", first + row, name)

    x = encoder.encode(_checked(read, encoder, at), dtype)
    _require_finite(x, encoder, at)
    return x


@contextmanager
def errors_at(place: str) -> Iterator[None]:
    """Report errors of inputs under this pointer of the request."""
    try:
        yield
    except ValidationFailed as error:
        raise ValidationFailed(
            Fault(place + fault.pointer.removeprefix("/inputs"), fault.detail) for fault in error.faults
        ) from None


def _named(row: dict[str, Any], features: Collection[str]) -> dict[str, Any]:
    """The row with its names trimmed, but those that are a feature's as they are."""
    named = {name if name in features else trimmed(name): value for name, value in row.items()}
    return named if len(named) == len(row) else row


def _checked(
    read: Callable[[str, ColumnType], Values], encoder: Encoder, at: Callable[[int, str], str]
) -> dict[str, Values]:
    """The columns as the model knows them."""
    found: dict[str, Values] = {}
    faults = []
    for name, kind in encoder.types.items():
        try:
            found[name] = read(name, kind)
            _require_known(found[name], name, encoder)
        except WrongValue as wrong:
            faults.append(Fault(at(wrong.row, name), f"({name}) {wrong.detail}"))
    _refuse(faults)
    return found


def _require_no_lost_zeros(values: Values, labels: Collection[Any]) -> None:
    """Refuse numbers for a column of categories that has labels like 007: nobody knows how they were written."""
    present = ~values.missing
    odd = next((label for label in labels if is_number(label) and Category().read(float(label)) != label), None)
    if odd is not None and present.any():
        row = int(present.argmax())
        lost = "read as a number, it loses leading or trailing zeros; upload the data set with ?texts= to keep them"
        should = f"it must be a string, like {shown(odd)} in training; {lost}"
        raise WrongValue(row, f"is {shown(values.at(row)).removesuffix('.0')}; {should}")


def _require_finite(x: NDArray[Any], encoder: Encoder, at: Callable[[int, str], str]) -> None:
    """Refuse numbers that are beyond the network's precision once they are scaled."""
    if np.isfinite(x).all():
        return
    row, place = np.argwhere(~np.isfinite(x))[0].tolist()
    name = next(name for name, places in encoder.places.items() if place in places)
    detail = (
        f"({name}) is too large for {x.dtype.name} after preprocessing; check its unit, or train with dtype float64"
    )
    raise ValidationFailed([Fault(at(row, name), detail)])


def _require_known(values: Values, name: str, encoder: Encoder) -> None:
    """That nothing is missing, and no category new, where the job said that this is an error."""
    if encoder.options.missing == "error" and (missing := values.missing).any():
        raise WrongValue(
            int(missing.argmax()),
            "is null; it must be a number or a category: the model does not accept missing values",
        )
    if encoder.options.unknown == "error" and name in encoder.labels and values.labels is not None:
        new = [code for code, label in enumerate(values.labels) if label not in encoder.labels[name]]
        if (rows := np.isin(values.array, new)).any():
            row = int(rows.argmax())
            known = nearest(str(values.at(row)), [str(label) for label in encoder.labels[name]][:50])
            raise WrongValue(row, f"is {shown(values.at(row))}, a category that was not in the training data; {known}")


def _read_rows(document: Any) -> list[Any]:
    if not isinstance(document, dict):
        raise ValidationFailed([Fault("", f"is {shown(document)}; it must be an object with 'inputs'")])
    faults = [Fault(pointer(key), "is not a known field; known is inputs") for key in document if key != "inputs"]
    inputs: Any = document.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        seen = f"is {shown(inputs)}; it" if "inputs" in document else "is missing; it"
        faults.append(Fault(pointer("inputs"), f"{seen} must be a list of rows"))
    _refuse(faults)
    return list(inputs)


def _require_no_lost_labels(column: Column, labels: Collection[Any]) -> None:
    """Refuse a column in which a string that is a category of the model counts as missing."""
    lost = next((label for label in column.type.missing if label in labels), None)
    if lost is not None and (missing := column.values.missing).any():
        raise WrongValue(
            int(missing.argmax()),
            f"is missing, perhaps because the data set reads {shown(lost)}, which the model knows as a category, as a "
            "missing value; upload the data set with ?texts= to keep it",
        )


def _refuse(faults: Iterator[Fault] | list[Fault]) -> None:
    if found := list(islice(faults, MOST_FAULTS)):
        raise ValidationFailed(found)


def _shape_faults(rows: list[Any], matched: list[Matched], features: list[str]) -> Iterator[Fault]:
    for index, row in enumerate(rows):
        if isinstance(row, dict):
            if matched[index] != Matched():
                yield from name_faults(matched[index], features, "inputs", index)
        elif not isinstance(row, list):
            yield Fault(
                pointer("inputs", index), f"is {shown(row)}; a row must be a list of values or an object by column name"
            )
        elif len(row) != len(features):
            yield Fault(
                pointer("inputs", index),
                f"has {len(row)} values; the model has {len(features)} inputs: {', '.join(features[:10])}",
            )
