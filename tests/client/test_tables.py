"""Tables come to the service with their types, whatever holds them."""

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.client import tables

CELLS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)


@given(st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), min_size=1, max_size=5))
def test_rows_and_columns_become_the_same_lines(rows: list[dict[str, Any]]) -> None:
    columns = {name: [row[name] for row in rows] for name in ("a", "b")}
    body = tables.write_table(rows)
    assert tables.list_rows(columns) == rows
    assert [json.loads(line) for line in body.content.decode().split("\n")[:-1]] == rows


def test_frames_become_parquet_with_their_types() -> None:
    frame = pd.DataFrame({"zip": ["01067", "10115"], "day": pd.to_datetime(["2026-01-02", None]), "n": [1.5, None]})
    for table in (frame, pa.Table.from_pandas(frame, preserve_index=False)):
        assert tables.is_frame(table)
        body = tables.write_table(table)
        assert body.media_type == tables.PARQUET
        back = pq.read_table(io.BytesIO(body.content)).to_pydict()
        assert back["zip"] == ["01067", "10115"]
        assert back["n"] == [1.5, None]
        assert back["day"] == [dt.datetime(2026, 1, 2), None]


def test_without_pyarrow_a_frame_becomes_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables.importlib.util, "find_spec", lambda _: None)
    body = tables.write_table(pd.DataFrame({"zip": ["01067"], "n": [None]}))
    assert (body.media_type, json.loads(body.content)) == (tables.NDJSON, {"zip": "01067", "n": None})


def test_arrays_and_scalars_of_numpy_are_plain() -> None:
    assert tables.list_rows(np.eye(2)) == [[1.0, 0.0], [0.0, 1.0]]
    assert tables.list_rows([np.array([1.0]), [2.0]]) == [[1.0], [2.0]]
    assert tables.list_rows({"a": [1.0, float("nan")], "b": pd.Series([1, 2])}) == [
        {"a": 1.0, "b": 1},
        {"a": None, "b": 2},
    ]
    body = tables.write_table([{"a": np.float32(0.5), "b": dt.date(2026, 1, 2)}])
    assert json.loads(body.content) == {"a": 0.5, "b": "2026-01-02"}


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(TypeError, match="data is a int; it must be a frame"):
        tables.write_table(3)
    with pytest.raises(ValueError, match="the columns must have the same length"):
        tables.write_table({"a": [1], "b": [1, 2]})
    with pytest.raises(TypeError, match="a value is a complex"):
        tables.write_table([{"a": 1j}])


@pytest.mark.parametrize("ending", tables.MEDIA_TYPES)
def test_files_are_sent_as_they_are(ending: str) -> None:
    assert tables.read_rows(f"rows{ending}", b"a\n1\n") == tables.Body(b"a\n1\n", tables.MEDIA_TYPES[ending])


def test_rows_in_json_become_the_body_of_a_request() -> None:
    assert tables.read_rows("rows.json", b"[[1, 2]]") == tables.Body(b'{"inputs":[[1, 2]]}', "application/json")
    assert tables.read_rows("-", b'{"inputs": [[1]]}') == tables.Body(b'{"inputs": [[1]]}', "application/json")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("rows.csv", b" \n", "rows.csv is empty"), ("rows.txt", b"a,b", r"is not JSON .* must end with \.csv, \.parquet")],
)
def test_rows_that_cannot_be_sent_are_named(name: str, content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tables.read_rows(name, content)


def test_without_libraries_answers_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(tables.make_frame({"a": [1]}).columns) == ["a"]
    assert tables.make_array([[1, 2]]).shape == (1, 2)
    monkeypatch.setattr(tables.importlib.util, "find_spec", lambda _: None)
    assert tables.make_frame({"a": (1, 2)}) == {"a": [1, 2]}
    assert tables.make_array([1]) == [1]


def test_archives_never_run_code() -> None:
    sink = io.BytesIO()
    np.savez(sink, a=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        tables.read_npz(sink.getvalue())


def test_paths_are_told_from_tables() -> None:
    assert tables.is_path("a.csv")
    assert tables.is_path(Path("a.csv"))
    assert not tables.is_path([["a.csv"]])
    assert not tables.is_frame([[1]])
