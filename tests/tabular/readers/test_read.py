"""A file is the same table in every format."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import SteelyardError
from steelyard.tabular.json_table import read_inline
from steelyard.tabular.readers.options import FORMATS
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.time_of_day import TimeOfDay
from tests.datasets.corpus import (
    ARROW,
    CSV,
    JSON,
    NDJSON,
    NPZ,
    PARQUET,
    arrow,
    npz,
    parquet,
)
from tests.datasets.reading import MAX_BYTES, lists, read


def test_every_format_gives_the_same_table(readers: Readers, tmp_path: Path) -> None:
    expected = {"a": [1.0, 2.0, 3.0], "b": ["x", "y", "x"]}
    files = {
        CSV: b"a,b\n1,x\n2,y\n3,x\n",
        PARQUET: parquet(),
        ARROW: arrow(),
        JSON: b'[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "x"}]',
        NDJSON: b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n{"a": 3, "b": "x"}\n',
    }
    assert {kind: lists(read(readers, tmp_path, content, kind)) for kind, content in files.items()} == dict.fromkeys(
        files, expected
    )
    assert lists(read(readers, tmp_path, npz(x=np.array([[1, 2], [3, 4]]), y=np.array(["p", "q"])), NPZ)) == {
        "x0": [1, 3],
        "x1": [2, 4],
        "y": ["p", "q"],
    }


def test_names_and_texts_have_no_spaces_around_them_and_blank_ones_are_missing(
    readers: Readers, tmp_path: Path
) -> None:
    texts = ["WD ", "\tWD", "W D", "", " \r\n ", None, "wd"]
    rows = [{" kind ": text, "on": f" 2026-11-{day:02} ", "n\t": day} for day, text in enumerate(texts, start=1)]
    moments = [datetime(2026, 11, day, tzinfo=UTC).timestamp() for day in range(1, 8)]
    expected = {"kind": ["WD", "WD", "W D", None, None, None, "wd"], "on": moments, "n": [*range(1, 8)]}
    sent = pa.table({name: [row[name] for row in rows] for name in rows[0]})
    files = {
        PARQUET: parquet(sent),
        ARROW: arrow(sent),
        JSON: json.dumps(rows).encode(),
        NDJSON: b"\n".join(json.dumps(row).encode() for row in rows),
        CSV: pd.DataFrame(rows).to_csv(index=False).encode(),
    }
    found = {kind: lists(read(readers, tmp_path, content, kind)) for kind, content in files.items()}
    assert found == dict.fromkeys(files, expected)
    assert lists(read_inline({"rows": rows})[0]) == expected
    arrays = npz(x=np.array([["WD "], ["\t"]]), y=np.array([0, 1]), feature_names=np.array([" kind "]))
    assert lists(read(readers, tmp_path, arrays, NPZ)) == {"kind": ["WD", None], "y": [0, 1]}


def test_names_that_differ_in_spaces_alone_are_refused(readers: Readers, tmp_path: Path) -> None:
    for kind, content in {CSV: b"a, a\n1,2\n", PARQUET: parquet(pa.table({"a": [1], "a ": [2]}))}.items():
        with pytest.raises(SteelyardError, match="the name 'a' is used by two columns"):
            read(readers, tmp_path, content, kind)


@pytest.mark.parametrize(
    ("texts", "day_first"),
    [
        (["2026-11-24", "2026-11-05"], None),
        (["24.11.2026", "5.11.2026"], None),
        (["24 Nov 2026", "Nov 5, 2026 00:00"], None),
        (["24/11/2026", "05/11/2026"], True),
        (["11/24/2026 12:00 AM", "11/5/2026 12:00 AM"], False),
    ],
)
def test_dates_are_datetimes_in_every_format(
    readers: Readers, tmp_path: Path, texts: list[str], day_first: bool | None
) -> None:
    table = pa.table({"when": texts, "size": [1, 2]})
    files = {
        CSV: pd.DataFrame({"when": texts, "size": [1, 2]}).to_csv(index=False).encode(),
        PARQUET: parquet(table),
        ARROW: arrow(table),
        JSON: json.dumps(table.to_pylist()).encode(),
        NDJSON: "\n".join(map(json.dumps, table.to_pylist())).encode(),
    }
    for kind, content in files.items():
        path = tmp_path / "file"
        path.write_bytes(content)
        with readers.read(str(path), FORMATS[kind], max_bytes=MAX_BYTES) as parsed:
            [when, _] = parsed.columns
            [both] = parsed.tables()
        assert when["schema"] == Datetime(day_first).to_json()
        assert (when["kind"], when["max"]) == ("datetime", "2026-11-24T00:00:00Z"), kind
        assert both.columns["when"].values.array.tolist() == [1795478400.0, 1793836800.0]


@pytest.mark.parametrize("texts", [["09:30", "14:30:15"], ["9:30 AM", "2:30:15 pm"], ["9:30", "14:30:15.0"]])
def test_times_of_day_are_seconds_in_every_format(readers: Readers, tmp_path: Path, texts: list[str]) -> None:
    seconds = [34_200, 52_215]
    table = pa.table({"at": texts, "size": [1, 2]})
    typed = pa.table({"at": pa.array(seconds, pa.time32("s")), "size": [1, 2]})
    for kind, content in {
        CSV: table.to_pandas().to_csv(index=False).encode(),
        PARQUET: parquet(table),
        ARROW: arrow(typed),
        JSON: json.dumps(table.to_pylist()).encode(),
        NDJSON: "\n".join(map(json.dumps, table.to_pylist())).encode(),
    }.items():
        path = tmp_path / "file"
        path.write_bytes(content)
        with readers.read(str(path), FORMATS[kind], max_bytes=MAX_BYTES) as parsed:
            facts = [(column["kind"], column["schema"]["type"], column["max"]) for column in parsed.columns]
            [both] = parsed.tables()
        assert facts == [("numeric", "time_of_day", "14:30:15"), ("numeric", "number", 2)], kind
        assert lists(both) == {"at": seconds, "size": [1, 2]}
    inline, _ = read_inline({"rows": table.to_pylist()})
    assert lists(inline) == lists(both)
    assert [column.type for column in inline.columns.values()] == [TimeOfDay(), Number()]


def test_dates_and_times_that_are_said_to_be_texts_stay_texts(readers: Readers, tmp_path: Path) -> None:
    columns = {"on": ["2026-11-24", "2026-11-25"], "at": ["9:30", "14:30"]}
    content = pd.DataFrame(columns).to_csv(index=False).encode()
    assert lists(read(readers, tmp_path, content, CSV, texts=("on", "at"))) == columns
    assert lists(read(readers, tmp_path, parquet(pa.table(columns)), PARQUET, texts=("on", "at"))) == columns


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_packed_files_are_unpacked(readers: Readers, tmp_path: Path, compression: str) -> None:
    packed = tmp_path / "packed"
    with pa.output_stream(packed, compression) as stream:
        stream.write(b"a,b\n1,x\n")
    assert lists(read(readers, tmp_path, packed.read_bytes())) == {"a": [1], "b": ["x"]}


def test_integers_that_a_file_declares_as_categories_are_categories(readers: Readers, tmp_path: Path) -> None:
    frame = pd.DataFrame({" zip": pd.Categorical([1000, 2000, 1000]), "size": [1, 2, 3]})
    plain = pa.Table.from_pandas(frame)
    stripped = plain.set_column(0, " zip", plain.column(0).cast(pa.int64()))  # with what pandas says of it alone
    unmarked = plain.replace_schema_metadata(None)
    broken = plain.replace_schema_metadata({"pandas": "[1]"})
    for table in (plain, stripped, unmarked, broken):
        for kind, content in ((PARQUET, parquet(table)), (ARROW, arrow(table))):
            if kind == PARQUET and table is not plain and table is not stripped:  # nothing in the file says so
                continue
            assert lists(read(readers, tmp_path, content, kind))["zip"] == ["1000", "2000", "1000"], kind
