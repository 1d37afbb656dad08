"""Tables of a program as the service reads them, and answers as frames and arrays. No library of them is required."""

import importlib.util
import io
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

JSON, NDJSON, PARQUET = "application/json", "application/x-ndjson", "application/vnd.apache.parquet"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".parquet": PARQUET,
    ".arrow": "application/vnd.apache.arrow.stream",
    ".npz": "application/x-npz",
    ".ndjson": NDJSON,
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


@dataclass(frozen=True)
class Body:
    """A table as bytes, and their media type."""

    content: bytes
    media_type: str


def is_frame(data: Any) -> bool:
    """Whether this is a frame of pandas or polars, or an Arrow table."""
    return _library(data) is not None


def write_table(data: Any) -> Body:
    """A table as Parquet, which keeps types; without pyarrow, as JSON lines. Raises `TypeError`."""
    library, sink = _library(data), io.BytesIO()
    if library == "polars":
        data.write_parquet(sink)
        return Body(sink.getvalue(), PARQUET)
    if library == "pandas":
        if importlib.util.find_spec("pyarrow") is None:
            lines = data.to_json(orient="records", lines=True, date_format="iso")
            return Body(lines.encode(), NDJSON)
        data.to_parquet(sink, index=False)
        return Body(sink.getvalue(), PARQUET)
    if library == "pyarrow":
        import pyarrow.parquet  # noqa: PLC0415 -- only who has a table of it needs it

        pyarrow.parquet.write_table(data, sink)
        return Body(sink.getvalue(), PARQUET)
    return Body("".join(f"{json.dumps(row)}\n" for row in list_rows(data)).encode(), NDJSON)


def read_rows(name: str, content: bytes) -> Body:
    """Rows to predict, from a table or JSON: a list of rows, or the whole request. Raises `ValueError`."""
    if not content.strip():
        raise ValueError(f"{name} is empty")
    media_type = MEDIA_TYPES.get(Path(name).suffix.lower())
    if media_type is not None:
        return Body(content, media_type)
    try:
        document = json.loads(content)
    except ValueError as error:
        known = ", ".join(MEDIA_TYPES)
        raise ValueError(f"{name} is not JSON ({error}); a table's name must end with {known}") from None
    return Body(content if isinstance(document, dict) else b'{"inputs":%s}' % content, JSON)


def list_rows(data: Any) -> list[Any]:
    """The rows of a mapping of columns, an array, or a list of rows. NaN, which JSON does not have, becomes `None`.

    Raises `TypeError`, `ValueError`.
    """
    if isinstance(data, Mapping):
        columns = {str(name): _plain(column) for name, column in data.items()}
        lengths = {len(column) for column in columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"the columns must have the same length; they have {sorted(lengths)}")
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if hasattr(data, "tolist") or (isinstance(data, Sequence) and not isinstance(data, (str, bytes))):
        rows = _plain(data)
        return rows if isinstance(rows, list) else [rows]
    raise TypeError(
        f"data is a {type(data).__name__}; it must be a frame of pandas or polars, an Arrow table, an array, "
        "a mapping of columns, or a list of rows"
    )


def make_frame(columns: Mapping[str, Sequence[Any]]) -> Any:
    """A frame of pandas, or of polars where only that is installed; else the columns themselves, as lists."""
    if importlib.util.find_spec("pandas") is not None:
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame(dict(columns))
    if importlib.util.find_spec("polars") is not None:
        import polars as pl  # noqa: PLC0415

        return pl.DataFrame(dict(columns), strict=False)
    return {name: list(values) for name, values in columns.items()}


def make_array(values: Any) -> Any:
    """An array, where NumPy is installed; else the lists themselves."""
    if importlib.util.find_spec("numpy") is None:
        return values
    import numpy as np  # noqa: PLC0415

    return np.asarray(values)


def read_npz(content: bytes) -> dict[str, Any]:
    """The arrays of an archive. Needs NumPy."""
    import numpy as np  # noqa: PLC0415

    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def is_path(data: Any) -> bool:
    """Whether this names a file."""
    return isinstance(data, (str, Path))


def _library(data: Any) -> str | None:
    """Which library a table is from. None of them is imported: what has a frame of it has imported it."""
    for library, kind in (("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "Table")):
        module = sys.modules.get(library)
        if module is not None and isinstance(data, getattr(module, kind, ())):
            return library
    return None


def _plain(value: Any) -> Any:
    """A value as JSON has it: arrays and scalars of NumPy as Python's own, dates as ISO 8601, NaN as `None`."""
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [_plain(each) for each in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"a value is a {type(value).__name__}, which JSON does not have")
