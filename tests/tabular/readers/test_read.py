"""A file is the same table in every format."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from steelyard.tabular.json_table import read_inline
from steelyard.tabular.readers.options import FORMATS
from steelyard.tabular.readers.unreadable import Unreadable
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
from tests.datasets.reading import lists
from tests.tabular.readers.conftest import Describe, Read


def test_every_format_gives_the_same_table(read: Read) -> None:
    expected = {"a": [1.0, 2.0, 3.0], "b": ["x", "y", "x"]}
    files = {
        CSV: b"a,b\n1,x\n2,y\n3,x\n",
        PARQUET: parquet(),
        ARROW: arrow(),
        JSON: b'[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "x"}]',
        NDJSON: b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n{"a": 3, "b": "x"}\n',
    }
    assert {kind: read(content, FORMATS[kind])[1] for kind, content in files.items()} == dict.fromkeys(files, expected)
    assert read(npz(x=np.array([[1, 2], [3, 4]]), y=np.array(["p", "q"])), FORMATS[NPZ])[1] == {
        "x0": [1, 3],
        "x1": [2, 4],
        "y": ["p", "q"],
    }


def test_names_and_texts_have_no_spaces_around_them_and_blank_ones_are_missing(read: Read) -> None:
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
    found = {kind: read(content, FORMATS[kind])[1] for kind, content in files.items()}
    assert found == dict.fromkeys(files, expected)
    assert lists(read_inline({"rows": rows})[0]) == expected
    arrays = npz(x=np.array([["WD "], ["\t"]]), y=np.array([0, 1]), feature_names=np.array([" kind "]))
    assert read(arrays, FORMATS[NPZ])[1] == {"kind": ["WD", None], "y": [0, 1]}


def test_names_that_differ_in_spaces_alone_are_refused(read: Read) -> None:
    content = parquet(pa.table({"a": [1], "a ": [2]}))
    with pytest.raises(Unreadable, match="the name 'a' is used by two columns"):
        read(content, FORMATS[PARQUET])


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
def test_dates_are_datetimes_in_every_format(describe: Describe, texts: list[str], day_first: bool | None) -> None:
    table = pa.table({"when": texts, "size": [1, 2]})
    files = {
        CSV: pd.DataFrame({"when": texts, "size": [1, 2]}).to_csv(index=False).encode(),
        PARQUET: parquet(table),
        ARROW: arrow(table),
        JSON: json.dumps(table.to_pylist()).encode(),
        NDJSON: "\n".join(map(json.dumps, table.to_pylist())).encode(),
    }
    for kind, content in files.items():
        values, when = describe(content, FORMATS[kind])["when"]
        assert when["schema"] == Datetime(day_first).to_json()
        assert (when["kind"], when["max"]) == ("datetime", "2026-11-24T00:00:00Z"), kind
        assert values.array.tolist() == [1795478400.0, 1793836800.0]


@pytest.mark.parametrize("texts", [["09:30", "14:30:15"], ["9:30 AM", "2:30:15 pm"], ["9:30", "14:30:15.0"]])
def test_times_of_day_are_seconds_in_every_format(describe: Describe, texts: list[str]) -> None:
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
        found = describe(content, FORMATS[kind])
        facts = [(each["kind"], each["schema"]["type"], each["max"]) for _, each in found.values()]
        assert facts == [("numeric", "time_of_day", "14:30:15"), ("numeric", "number", 2)], kind
        assert {name: values.to_list() for name, (values, _) in found.items()} == {"at": seconds, "size": [1, 2]}
    inline, _ = read_inline({"rows": table.to_pylist()})
    assert lists(inline) == {"at": seconds, "size": [1, 2]}
    assert [column.type for column in inline.columns.values()] == [TimeOfDay(), Number()]


def test_dates_and_times_that_are_said_to_be_texts_stay_texts(read: Read) -> None:
    columns = {"on": ["2026-11-24", "2026-11-25"], "at": ["9:30", "14:30"]}
    content = pd.DataFrame(columns).to_csv(index=False).encode()
    assert read(content, FORMATS[CSV], texts=("on", "at"))[1] == columns
    assert read(parquet(pa.table(columns)), FORMATS[PARQUET], texts=("on", "at"))[1] == columns


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_packed_files_are_unpacked(read: Read, tmp_path: Path, compression: str) -> None:
    packed = tmp_path / "packed"
    with pa.output_stream(packed, compression) as stream:
        stream.write(b"a,b\n1,x\n")
    assert read(packed.read_bytes())[1] == {"a": [1], "b": ["x"]}


def test_integers_that_a_file_declares_as_categories_are_categories(read: Read) -> None:
    frame = pd.DataFrame({" zip": pd.Categorical([1000, 2000, 1000]), "size": [1, 2, 3]})
    plain = pa.Table.from_pandas(frame)
    stripped = plain.set_column(0, " zip", plain.column(0).cast(pa.int64()))  # with what pandas says of it alone
    unmarked = plain.replace_schema_metadata(None)
    broken = plain.replace_schema_metadata({"pandas": "[1]"})
    for table in (plain, stripped, unmarked, broken):
        for kind, content in ((PARQUET, parquet(table)), (ARROW, arrow(table))):
            if kind == PARQUET and table is not plain and table is not stripped:  # nothing in the file says so
                continue
            assert read(content, FORMATS[kind])[1]["zip"] == ["1000", "2000", "1000"], kind


def test_markers_are_missing_in_strings_of_csv_alone(read: Read) -> None:
    assert read(b"a,b\n1,NA\n2,x\n")[1]["b"] == [None, "x"]
    rows = [{"a": 1, "b": "NA"}, {"a": 2, "b": "x"}]
    for kind, content in (
        (JSON, json.dumps(rows).encode()),
        (NDJSON, b"\n".join(map(str.encode, map(json.dumps, rows)))),
        (PARQUET, parquet(pa.Table.from_pylist(rows))),
    ):
        assert read(content, FORMATS[kind])[1]["b"] == ["NA", "x"], kind


def test_a_decimal_comma_is_part_of_the_type_of_the_numbers_of_its_file(describe: Describe) -> None:
    for content, decimal in ((b"a;b\n1,5;x\n2;y\n", {"decimal": ","}), (b"a;b\n1.5;x\n2;y\n", {})):
        found = describe(content, "csv")
        assert found["a"][1]["schema"] == {"type": "number"} | decimal
        assert found["b"][1]["schema"] == {"type": "category"}


def test_each_format_has_the_remarks_of_its_numbers(describe: Describe) -> None:
    files = {
        CSV: (b"a,b\n007,18446744073709551616\n8,1\n", {"a": ["leading_zeros"], "b": ["large_integers"]}),
        JSON: (b'[{"a": 7, "b": 18446744073709551616}, {"a": 8, "b": 1}]', {"a": [], "b": ["large_integers"]}),
        NDJSON: (b'{"a": 7, "b": 18446744073709551616}\n{"a": 8, "b": 1}\n', {"a": [], "b": ["large_integers"]}),
    }
    for kind, (content, codes) in files.items():
        found = describe(content, FORMATS[kind])
        assert {name: [each["code"] for each in facts["findings"]] for name, (_, facts) in found.items()} == codes, kind


def test_an_unknown_format_is_rejected(read: Read) -> None:
    with pytest.raises(Unreadable, match="its format 'feather' is not known"):
        read(b"a\n1\n", "feather")
