"""The inputs of a predict request: rows as lists in the features' order, as objects by the features' names, or a table.

What is asked of a value depends on how the model was trained: its column's kind, and what stands in for a missing one.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.documents.strict_json import read_document
from steelyard.errors import Fault, ValidationFailed, nearest, pointer, shown
from steelyard.tabular.column import MISSING, Column, Kind, Values, coded, trimmed
from steelyard.tabular.datetimes import moment, read_moment, read_time, should_be, time_of_day
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.json_numbers import is_number, number_fault
from steelyard.tabular.table import Table

MOST_FAULTS = 20
TIME = "it must be a time of day like 14:30, or seconds since midnight"
WORDS = {True: "true", False: "false"}


class Wrong(Exception):
    """A value that its column cannot have: the row, and what is wrong."""

    def __init__(self, row: int, detail: str) -> None:
        super().__init__(detail)
        self.row = row
        self.detail = detail


def read_body(body: bytes, encoder: Encoder, dtype: Any) -> NDArray[Any]:
    """The network's inputs `(rows, width)` of `{"inputs": …}`.

    Raises `InvalidRequest`, `ValidationFailed`, `PayloadTooLarge`.
    """
    return read_inputs(read_document(body), encoder, dtype)


def read_inputs(document: Any, encoder: Encoder, dtype: Any) -> NDArray[Any]:
    """The network's inputs `(rows, width)`. Raises `ValidationFailed`, naming row and column."""
    rows = _read_rows(document)
    cells = encoder.cells.read(rows)
    if cells is not None:
        return encoder.encode_cells(cells, dtype)
    features = list(encoder.features)
    rows = [_named(row, encoder.features) if isinstance(row, dict) else row for row in rows]
    _refuse(_shape_faults(rows, features))
    by_name = isinstance(rows[0], dict)
    columns = {}
    for place, name in enumerate(features):
        columns[name] = [row[name] if isinstance(row, dict) else row[place] for row in rows]

    def read(name: str, kind: Kind) -> Values:
        if kind == "datetime":
            return _read_dates(columns[name], encoder.day_first.get(name))
        if name in encoder.times:
            return _read_times(columns[name])
        return _from_list(columns[name], kind, is_coded=name in encoder.labels)

    def at(row: int, name: str) -> str:
        return pointer("inputs", row, name if by_name else features.index(name))

    return encoder.encode(_checked(read, encoder, at), dtype)


def read_table(table: Table, encoder: Encoder, dtype: Any, *, first: int = 0) -> NDArray[Any]:
    """The network's inputs for the rows of a table, whose columns may be in any order.

    `first` is the number of the first row, for error messages.
    """
    missing = [name for name in encoder.features if name not in table.columns]
    if missing:
        _refuse(
            Fault(pointer("inputs", 0, name), f"is missing from the file; {nearest(name, table.names)}")
            for name in missing
        )

    def read(name: str, kind: Kind) -> Values:
        column = table.columns[name]
        if kind == "datetime":
            return _as_moments(column.values, encoder.day_first.get(name), are_moments=column.kind == "datetime")
        if column.kind == "datetime" or (column.is_time and name not in encoder.times):
            _refuse_moments(column, kind)
        if name in encoder.labels:
            return _as_texts(column.values, encoder.labels[name])
        if name in encoder.times and column.values.are_texts:
            return _from_texts(column.values, read_time, TIME)
        return _as_kind(column.values, kind)

    columns = _checked(read, encoder, lambda row, name: pointer("inputs", first + row, name))
    return encoder.encode(columns, dtype)


def _named(row: dict[str, Any], features: Collection[str]) -> dict[str, Any]:
    """The row with its names trimmed, but those that are a feature's as they are."""
    named = {name if name in features else trimmed(name): value for name, value in row.items()}
    return named if len(named) == len(row) else row


def _from_list(values: list[Any], kind: Kind, *, is_coded: bool) -> Values:
    """A column of the given kind from values of JSON."""
    for row, value in enumerate(values):
        if value is not None and not isinstance(value, (str, bool, int, float)):
            raise Wrong(row, f"is {shown(value)}; it must be a number, a string, true or false")
    if kind == "boolean":
        return Values(np.array([_boolean(row, value) for row, value in enumerate(values)], np.int32), (False, True))
    if is_coded:
        return coded([_word(value) for value in values])
    for row, value in enumerate(values):
        if value is not None and (fault := number_fault(value)):
            raise Wrong(row, fault)
    return Values(np.array(values, np.float64))  # None becomes NaN


def _boolean(row: int, value: Any) -> int:
    if value is None:
        return MISSING
    if value in (0, 1):  # False and True are, too
        return int(value)
    raise Wrong(row, f"is {shown(value)}; it must be true or false")


def _word(value: Any) -> str | None:
    """How a value that is no text is called where texts are."""
    if isinstance(value, bool):
        return WORDS[value]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def _checked(read: Callable[[str, Kind], Values], encoder: Encoder, at: Callable[[int, str], str]) -> dict[str, Values]:
    """The columns as the model knows them."""
    found: dict[str, Values] = {}
    faults = []
    for name, kind in encoder.features.items():
        try:
            found[name] = read(name, kind)
            _require_known(found[name], name, encoder)
        except Wrong as wrong:
            faults.append(Fault(at(wrong.row, name), f"({name}) {wrong.detail}"))
    _refuse(faults)
    return found


def _as_texts(values: Values, labels: Collection[Any]) -> Values:
    """A column of categories from a table in which it has these values."""
    if values.are_texts:
        return values
    present = ~values.missing
    if values.labels is None and present.any():
        odd = next((label for label in labels if is_number(label) and _word(float(label)) != label), None)
        if odd is not None:  # which such numbers were before they were read as numbers, nobody knows
            lost = "read as a number, it loses leading or trailing zeros; upload the data set with ?texts= to keep them"
            raise _wrong_at(present, values, f"it must be a string, like {shown(odd)} in training; {lost}")
    return coded([_word(value) for value in values.to_list()])


def _as_kind(values: Values, kind: Kind) -> Values:
    if kind == "boolean":
        return _as_booleans(values)
    if values.labels == (False, True):
        return Values(np.where(values.array == MISSING, np.nan, values.array))
    if values.labels is not None and (values.array != MISSING).any():
        row = int((values.array != MISSING).argmax())
        raise Wrong(_first_text(values, row), f"is {shown(values.at(_first_text(values, row)))}; it must be a number")
    return values if values.labels is None else Values(np.full(len(values.array), np.nan))


def _first_text(values: Values, row: int) -> int:
    """The first row whose text is no number: a whole column is texts when one of its values is."""
    assert values.labels is not None
    wrong = [code for code, label in enumerate(values.labels) if not is_number(str(label))]
    rows = np.isin(values.array, wrong)
    return int(rows.argmax()) if rows.any() else row


def _refuse_moments(column: Column, kind: Kind) -> None:
    """A date, or a time of day, has no place in another column, although it is a number here."""
    present = ~column.values.missing
    if present.any():
        row = int(present.argmax())
        seconds = column.values.array[row]
        seen = f"the time {time_of_day(seconds)}" if column.is_time else f"the date {moment(seconds)}"
        should = {"numeric": "a number", "boolean": "true or false"}
        text = "a string; upload the data set with ?texts= to keep strings"
        raise Wrong(row, f"is {seen}; it must be {should.get(kind, text)}")


def _as_booleans(values: Values) -> Values:
    if values.labels == (False, True):
        return values
    if values.labels is None:
        missing = np.isnan(values.array)
        wrong = ~missing & ~np.isin(values.array, (0, 1))
        if wrong.any():
            raise _wrong_at(wrong, values, "it must be true or false")
        return Values(np.where(missing, MISSING, values.array).astype(np.int32), (False, True))
    if not len(values.labels):
        return Values(values.array, (False, True))
    raise _wrong_at(values.array != MISSING, values, "it must be true or false")


def _read_dates(values: list[Any], day_first: bool | None) -> Values:
    """A column of moments from values of JSON."""
    for row, value in enumerate(values):
        if value is not None and not isinstance(value, str):
            raise Wrong(row, f"is {shown(value)}; {should_be(day_first)}")
    return _as_moments(coded(values), day_first, are_moments=False)


def _as_moments(values: Values, day_first: bool | None, *, are_moments: bool) -> Values:
    """A column of moments from a table in which it has these values."""
    missing = values.missing
    if are_moments or missing.all():
        return Values(np.where(missing, np.nan, values.array))
    if values.labels is None:
        raise _wrong_at(~missing, values, should_be(day_first))
    return _from_texts(values, partial(read_moment, day_first=day_first), should_be(day_first))


def _read_times(values: list[Any]) -> Values:
    """A column of times of day from values of JSON: texts, or seconds."""
    texts = [value if isinstance(value, str) else None for value in values]
    seconds = [None if isinstance(value, str) else value for value in values]
    found = _from_list(seconds, "numeric", is_coded=False).array
    return Values(np.where(np.isnan(found), _from_texts(coded(texts), read_time, TIME).array, found))


def _from_texts(values: Values, read: Callable[[str], float], should: str) -> Values:
    """The numbers as which texts are to be read."""
    numbers = []
    for code, label in enumerate(values.labels or ()):
        try:
            numbers.append(read(label))
        except (TypeError, ValueError):
            if (rows := values.array == code).any():
                raise _wrong_at(rows, values, should) from None
            numbers.append(np.nan)
    return Values(np.array([*numbers, np.nan])[values.array])


def _wrong_at(rows: NDArray[np.bool_], values: Values, should: str) -> Wrong:
    """What is wrong with the first of these rows."""
    row = int(rows.argmax())
    seen = shown(values.at(row)).removesuffix(".0")  # a whole number, without the decimal point
    return Wrong(row, f"is {seen}; {should}")


def _require_known(values: Values, name: str, encoder: Encoder) -> None:
    """That nothing is missing, and no category new, where the job said that this is an error."""
    if encoder.options.missing == "error" and (missing := values.missing).any():
        raise Wrong(
            int(missing.argmax()),
            "is null; it must be a number or a category: the model does not accept missing values",
        )
    if encoder.options.unknown == "error" and name in encoder.labels and values.labels is not None:
        new = [code for code, label in enumerate(values.labels) if label not in encoder.labels[name]]
        if (rows := np.isin(values.array, new)).any():
            row = int(rows.argmax())
            known = nearest(str(values.at(row)), [str(label) for label in encoder.labels[name]][:50])
            raise Wrong(row, f"is {shown(values.at(row))}, a category that was not in the training data; {known}")


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


def _is_record(row: Any, features: Sequence[str]) -> bool:
    return isinstance(row, dict) and len(row) == len(features) and all(name in row for name in features)


def _refuse(faults: Iterator[Fault] | list[Fault]) -> None:
    if found := list(islice(faults, MOST_FAULTS)):
        raise ValidationFailed(found)


def _shape_faults(rows: list[Any], features: list[str]) -> Iterator[Fault]:
    for index, row in enumerate(rows):
        if isinstance(row, dict):
            if not _is_record(row, features):
                yield from _record_faults(index, row, features)
        elif not isinstance(row, list):
            yield Fault(
                pointer("inputs", index), f"is {shown(row)}; a row must be a list of values or an object by column name"
            )
        elif len(row) != len(features):
            yield Fault(
                pointer("inputs", index),
                f"has {len(row)} values; the model has {len(features)} inputs: {', '.join(features[:10])}",
            )


def _record_faults(index: int, row: dict[str, Any], features: list[str]) -> Iterator[Fault]:
    for name in features:
        if name not in row:
            yield Fault(pointer("inputs", index, name), "is missing")
    known = set(features)
    for name in row:
        if name not in known:
            yield Fault(pointer("inputs", index, name), f"is not an input of this model; {nearest(name, features)}")
