"""Prepares rows for an exported Keras model, as `preprocess.json` describes it, and reads its answers.

    about = json.loads(Path("preprocess.json").read_text())
    labels, values = read(model.predict(prepare(rows, about)), about)

Rows are objects by column name; None is a missing value. Datetimes are seconds since 1970-01-01T00:00:00Z, times of day
are seconds since midnight. This file needs NumPy alone: bundles have a copy of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Rows = Sequence[Mapping[str, Any]]
DAY, YEAR = 86_400.0, 31_556_952.0  # seconds
THURSDAY = 3  # 1970-01-01 was one
SPACES = " \t\n\v\f\r"


def prepare(rows: Rows, about: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of the model by name. Raises `ValueError` for values that the model does not accept."""
    inputs = {}
    if about["numbers"] is not None:
        inputs[about["numbers"]["input"]] = _numbers(rows, about["numbers"])
    for each in about["categories"]:
        places = [_place(row.get(each["column"]), each) for row in rows]
        inputs[each["input"]] = np.array(places, np.int32).reshape(-1, 1)
    return inputs


def read(outputs: Any, about: Mapping[str, Any]) -> tuple[list[Any] | None, Any]:
    """Labels (None for values), and probabilities, scores or values, for the outputs of the model."""
    kind, outputs = about["output"]["kind"], np.asarray(outputs)
    if kind == "values":
        return None, outputs
    above = (outputs > about["output"]["threshold"]).astype(int)
    numbers = outputs.argmax(axis=1) if kind == "classes" else above
    if kind == "labels":
        return numbers.tolist(), outputs
    values = np.concatenate([1 - outputs, outputs], axis=1) if about["output"]["has_two_columns"] else outputs
    return [about["output"]["labels"][number] for number in numbers.reshape(-1).tolist()], values


def _numbers(rows: Rows, about: Mapping[str, Any]) -> Any:
    """The numbers, the parts of datetimes, whether each was missing, and the bins: `(rows, inputs)`."""
    parts = [_column(rows, each) for each in about["columns"]]
    for each in about["datetimes"]:
        parts += _datetime_parts(_column(rows, each), about["datetime_parts"])
    block = np.stack(parts, axis=1)
    missing = np.isnan(block)
    if about["refuses_missing"] and missing.any():
        raise ValueError("the model accepts no missing values")
    block = np.where(missing, np.array(about["fill"], np.float64), block)
    found = [block, missing[:, about["indicators"]]]
    if about["bins"] is not None:
        low, size, center = (np.array(about["bins"][name]) for name in ("low", "size", "center"))
        passed = np.clip((block[:, about["bins"]["column"]] - low) / size, 0.0, 1.0)
        found.append(about["bins"]["scale"] * (passed - center))
    return np.concatenate(found, axis=1)


def _column(rows: Rows, about: Mapping[str, Any]) -> Any:
    values = [row.get(about["column"]) for row in rows]
    return np.array([np.nan if value is None or value in about["missing"] else value for value in values], np.float64)


def _datetime_parts(seconds: Any, how: str) -> list[Any]:
    missing = np.isnan(seconds)
    seconds = np.where(missing, 0.0, seconds)
    days = np.floor(seconds / DAY)
    hour = (seconds - days * DAY) / 3600
    dates = days.astype(np.int64).view("datetime64[D]")
    months = dates.astype("datetime64[M]")
    year, month = np.divmod(months.astype(np.int64), 12)
    weekday = (days + THURSDAY) % 7
    if how == "parts":
        day = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
        parts = [year + 1970.0, month + 1.0, day.astype(np.float64), weekday, hour]
    else:
        angles = [2 * np.pi * circle for circle in (month / 12, weekday / 7, hour / 24)]
        parts = [seconds / YEAR, *(curve(angle) for angle in angles for curve in (np.sin, np.cos))]
    return [np.where(missing, np.nan, part) for part in parts]


def _place(value: Any, about: Mapping[str, Any]) -> int:
    """The place of a category: of a string, or of a number as it is written."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float) and value.is_integer():
        text = str(int(value))
    else:
        text = "" if value is None else str(value)
    place: int | None = about["places"].get(text)
    if place is None:
        place = about["places"].get(text.strip(SPACES), about["unknown"])
    if place is None or place < 0:
        raise ValueError(f"the model does not accept {value!r} in the column {about['column']!r}")
    return place
