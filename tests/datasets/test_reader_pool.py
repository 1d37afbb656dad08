"""Files are read in a process of their own: the good come out right, the bad are told apart and do no harm."""

import io
import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.datasets import reader_pool
from steelyard.datasets.reader_pool import Readers
from steelyard.errors import SteelyardError, TooLargeToRead, Unavailable
from steelyard.tabular.json_table import read_inline
from steelyard.tabular.readers.options import FORMATS, Dialect
from steelyard.tabular.table import Table, stack
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.time_of_day import TimeOfDay
from tests.datasets.corpus import (
    ARROW,
    CORPUS,
    CSV,
    JSON,
    NDJSON,
    NPZ,
    PARQUET,
    Bad,
    arrow,
    npz,
    odd_types,
    parquet,
    views_of_anything,
)

MAX_BYTES = 1 << 30
SECONDS = 2.0


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """Processes that read."""
    readers = Readers(memory_bytes=2 << 30)
    yield readers
    readers.stop()


def read(readers: Readers, folder: Path, content: bytes, media_type: str = CSV, **dialect: Any) -> Table:
    path = folder / "file"
    path.write_bytes(content)
    with readers.read(str(path), FORMATS[media_type], max_bytes=MAX_BYTES, dialect=Dialect(**dialect)) as parsed:
        return stack([*parsed.tables()])


def lists(table: Table) -> dict[str, list[object]]:
    return {name: column.values.to_list() for name, column in table.columns.items()}


@pytest.mark.parametrize("bad", CORPUS, ids=lambda bad: bad.name)
def test_a_bad_file_gets_one_clear_answer_soon(readers: Readers, tmp_path: Path, bad: Bad) -> None:
    content = bad.make()
    read(readers, tmp_path, b"a\n1\n")  # a process is ready
    started = time.monotonic()
    with pytest.raises(SteelyardError) as caught:
        read(readers, tmp_path, content, bad.media_type)
    assert time.monotonic() - started < 4 * SECONDS  # the machine may be busy
    assert bad.says in caught.value.detail
    assert len(caught.value.detail) < 500
    assert caught.value.slug in ("invalid-request", "payload-too-large")


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


def test_columns_of_json_are_read_as_pandas_writes_them(readers: Readers, tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.5, None, 3], "b": ["x", None, "é"], "rows": [True, False, None]})
    expected = {"x": [1.5, None, 3], "b": ["x", None, "é"], "rows": [True, False, None]}
    contents = [frame.to_json(), frame.to_json(orient="records"), frame.set_index(pd.Index(list("pqr"))).to_json()]
    contents += [
        json.dumps(expected),
        frame.to_json(orient="split"),
        '{"x": {"0": 1.5, "1": null, "2": 3}, "b": {"1": null, "0": "x", "2": "é"}}',
    ]
    for content in contents:
        found = lists(read(readers, tmp_path, content.encode(), JSON))
        assert found == {name: expected[name] for name in found}
        assert {"x", "b"} <= found.keys()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"a": {"0": 1}, "b": {"1": 2}}', "column 'b': it has other rows than 'a'"),
        ('{"a": {"0": 1}, "b": {"0": 2, "1": 2}}', "column 'b': it has other rows than 'a'"),
        ('{"a": [1], "b": []}', "column 'b': it has other rows than 'a'"),
        ('{"a": [1, "x"]}', "row 2, column 'a': is 'x'"),
        ('{"a": [[1]]}', "row 1, column 'a': is [1]"),
        ('{"a": [1], "b": {"0": 1}}', "or an object of columns"),
        ('{"a": []}', "no rows"),
        ("{}", "or an object of columns"),
        ('{"columns": ["a"], "data": [[1, 2]]}', "a list of 2"),
        ('{"columns": 3, "data": [[1, 2]]}', "a list of 2"),
        ('{"columns": ["a", "a"], "data": [[1, 2]]}', "the name 'a' is used by two columns"),
        ('{"columns": ["a"], "data": [[1], [1, 2]]}', "row 2, column 'x': it must be a list as long"),
        ('{"columns": ["a"], "data": []}', "or an object of columns"),
        ('{"x": [[1]], "y": [2], "feature_names": ["y"]}', "the name 'y' is used by two columns"),
        ('{"x": [[1], [2]], "y": [[2], 3]}', "row 2, column 'y': it must be a list as long"),
        ('{"x": [[1], [2]], "y": [2, [3]]}', "row 2, column 'y': is [3]"),
    ],
)
def test_json_whose_parts_do_not_go_together_is_refused(
    readers: Readers, tmp_path: Path, content: str, says: str
) -> None:
    with pytest.raises(SteelyardError) as caught:
        read(readers, tmp_path, content.encode(), JSON)
    assert says in caught.value.detail


@pytest.mark.parametrize("names", [["a", "a"], ["a", "y"]])
def test_arrays_with_two_columns_of_one_name_are_refused(readers: Readers, tmp_path: Path, names: list[str]) -> None:
    content = npz(x=np.ones((2, 2)), y=np.ones(2), feature_names=np.array(names))
    with pytest.raises(SteelyardError, match="is used by two columns"):
        read(readers, tmp_path, content, NPZ)


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


def test_types_that_other_programs_write_are_read(readers: Readers, tmp_path: Path) -> None:
    expected = {
        "view": ["x", None, "not as short as to stand in a view itself"],
        "bytes": ["x", None, "é"],
        "uuid": ["00000000-0000-0000-0000-000000000000", None, "00010203-0405-0607-0809-0a0b0c0d0e0f"],
        "duration": [1.5, None, 86_400],
        "time": [60, None, 0],
    }
    assert lists(read(readers, tmp_path, parquet(odd_types().select([*expected])), PARQUET)) == expected
    expected["category"] = ["x", None, "é"]  # pyarrow itself writes no Parquet of such
    assert lists(read(readers, tmp_path, arrow(odd_types()), ARROW)) == expected
    anything = {"a": views_of_anything(), "b": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), views_of_anything())}
    found = lists(read(readers, tmp_path, arrow(pa.table(anything)), ARROW))
    assert found == {"a": expected["view"], "b": expected["view"]}
    in_parts = pa.concat_tables([pa.table(anything).slice(0, 0), pa.table(anything)])
    assert lists(read(readers, tmp_path, arrow(in_parts), ARROW)) == found
    sliced = pa.table(anything).slice(1)
    assert lists(read(readers, tmp_path, arrow(sliced), ARROW)) == {name: found[name][1:] for name in found}


@pytest.mark.parametrize(
    "values", [pa.array([b"\xff"]), pa.array([[1]]), pa.array([(1, 2, 3)], pa.month_day_nano_interval())]
)
def test_a_column_that_is_of_none_of_these_is_named(readers: Readers, tmp_path: Path, values: pa.Array) -> None:
    with pytest.raises(SteelyardError, match="column 'a': its values"):
        read(readers, tmp_path, arrow(pa.table({"a": values})), ARROW)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a;b\n1,5;x\n2,5;y\n", {"a": [1.5, 2.5], "b": ["x", "y"]}),
        ("a\tb\n1\tx\n2\ty\n", {"a": [1, 2], "b": ["x", "y"]}),
        ("\ufeffa,b\n1,é\n2,y\n", {"a": [1, 2], "b": ["é", "y"]}),
        ('a,b\n1,"x\ny"\n2,"z"""\n', {"a": [1, 2], "b": ["x\ny", 'z"']}),
        ("a,b\n1,\n,y\nNA,z\n", {"a": [1, None, None], "b": [None, "y", "z"]}),
        ('a,b\n1,?\n?,y\n3,"?"\n', {"a": [1, None, 3], "b": [None, "y", None]}),
        (",a\n0,1\n1,2\n", {"Unnamed: 0": [0, 1], "a": [1, 2]}),
        ('"","a"\n"Rome",1\n"Oslo",2\n', {"Unnamed: 0": ["Rome", "Oslo"], "a": [1, 2]}),
        ("a,b,\n1,2,\n3,4,\n", {"a": [1, 3], "b": [2, 4]}),
        ('a,b,c\n"1","x","true"\n"","",""\n', {"a": [1, None], "b": ["x", None], "c": [True, None]}),
        ('a;b;c\n"1,5";"";"2"\n"";"";"2,5"\n', {"a": [1.5, None], "b": [None, None], "c": [2, 2.5]}),
        ('a,b\n"1","x"\n"","1"\n', {"a": [1, None], "b": ["x", "1"]}),
        ("a, b, c\n1, x, 2\n2, ?, ?\n3 , , 4\n", {"a": [1, 2, 3], "b": ["x", None, None], "c": [2, None, 4]}),
        ('a,b\n" x ",1\n" ",2\nx,3\n', {"a": ["x", None, "x"], "b": [1, 2, 3]}),
        ("a; b\n 1,5;true\n ?; false\n", {"a": [1.5, None], "b": [True, False]}),
        ("a,b\ntrue,=cmd()\nfalse,x\n", {"a": [True, False], "b": ["=cmd()", "x"]}),
        ("a,b\n9007199254740993,1\n9007199254740995,2\n", {"a": [2.0**53, 2.0**53 + 4], "b": [1, 2]}),
        ("a,b\n1970-01-02,1\n,2\n", {"a": [86400.0, None], "b": [1, 2]}),
    ],
)
def test_how_a_csv_file_is_written_is_found_out(
    readers: Readers, tmp_path: Path, content: str, expected: dict[str, list[object]]
) -> None:
    assert lists(read(readers, tmp_path, content.encode())) == expected


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings_are_found_out(readers: Readers, tmp_path: Path, encoding: str) -> None:
    assert lists(read(readers, tmp_path, "a,b\n1,né\n2,x\n".encode(encoding)))["b"] == ["né", "x"]


def test_a_file_that_is_not_in_the_encoding_asked_for_is_refused(readers: Readers, tmp_path: Path) -> None:
    with pytest.raises(SteelyardError, match="UTF-16"):
        read(readers, tmp_path, b"a,b\n1,2\n", encoding="utf-16")


def test_names_may_be_latin_where_no_value_is(readers: Readers, tmp_path: Path) -> None:
    assert lists(read(readers, tmp_path, "naïve,b\n1,2\n".encode("latin-1"))) == {"naïve": [1], "b": [2]}


def test_a_bad_row_that_is_not_utf8_leaves_nothing_in_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    readers = Readers(memory_bytes=2 << 30)
    with pytest.raises(SteelyardError, match="row 1: it has 3 values"):
        read(readers, tmp_path, b"a,b\n1,\xe9,2\n")
    readers.stop()
    assert capfd.readouterr().err == ""


def test_dates_of_the_last_year_that_there_is_are_read(readers: Readers, tmp_path: Path) -> None:
    [moment] = lists(read(readers, tmp_path, b"a\n9999-12-31 23:59:59\n"))["a"]
    assert moment == 253_402_300_799


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


def test_columns_that_are_known_to_be_texts_stay_texts(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b'\n"code" ; day;size;other\n01234;2026-11-24;1;x\n"";13/1/2026;2;y\n')
    wanted = {"size": False, "code": True, "day": True}
    with readers.read(str(path), "csv", max_bytes=MAX_BYTES, wanted=wanted) as parsed:
        assert lists(stack([*parsed.tables()])) == {
            "size": [1, 2],
            "code": ["01234", None],
            "day": ["2026-11-24", "13/1/2026"],
        }
    path.write_bytes("größe,b\n01,é\n".encode("latin-1"))
    with readers.read(str(path), "csv", max_bytes=MAX_BYTES, wanted={"größe": True}) as parsed:
        assert lists(stack([*parsed.tables()])) == {"größe": ["01"]}
    path.write_bytes(b",3\n01,02\n03,04\n")  # a first line of numbers has the names that are wanted all the same
    with readers.read(str(path), "csv", max_bytes=MAX_BYTES, wanted={"3": False, "Unnamed: 0": True}) as parsed:
        assert lists(stack([*parsed.tables()])) == {"3": [2, 4], "Unnamed: 0": ["01", "03"]}
    path.write_bytes(b"1,01234\n2,9\n")
    plain = Dialect(header=False)
    with readers.read(str(path), "csv", max_bytes=MAX_BYTES, dialect=plain, wanted={"x1": True}) as parsed:
        assert lists(stack([*parsed.tables()])) == {"x1": ["01234", "9"]}


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


@pytest.mark.parametrize("dtype", [">f4", ">i8", "<f2", "<f4", "<f8", "longdouble", "?", "|u1"])
def test_arrays_of_any_numbers_in_any_order_are_read(readers: Readers, tmp_path: Path, dtype: str) -> None:
    for order in ("C", "F"):
        x = np.array([[0, 1], [1, 0], [1, 1]], dtype, order=order)
        assert lists(read(readers, tmp_path, npz(x=x), NPZ)) == {"x0": [0, 1, 1], "x1": [1, 0, 1]}


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_packed_files_are_unpacked(readers: Readers, tmp_path: Path, compression: str) -> None:
    packed = tmp_path / "packed"
    with pa.output_stream(packed, compression) as stream:
        stream.write(b"a,b\n1,x\n")
    assert lists(read(readers, tmp_path, packed.read_bytes())) == {"a": [1], "b": ["x"]}


def test_a_quote_that_comes_late_holds_a_line_together(readers: Readers, tmp_path: Path) -> None:
    texts = [f"t{row}" for row in range(300_000)] + ['"a\nb"', "c"]
    content = "a,b\n" + "".join(f"{row},{text}\n" for row, text in enumerate(texts))
    found = lists(read(readers, tmp_path, content.encode()))
    assert found == {"a": list(range(300_002)), "b": [*texts[:300_000], "a\nb", "c"]}


def test_bytes_of_utf_16_are_no_quotes(readers: Readers, tmp_path: Path) -> None:
    content = "a,b\n1,∢\n".encode("utf-16")  # U+2222
    assert lists(read(readers, tmp_path, content)) == {"a": [1], "b": ["∢"]}


def test_numbers_are_counted_and_measured(readers: Readers, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    numbers = np.round(generator.normal(size=5000), 2)
    numbers[::7] = np.nan
    numbers[1:3] = 0.0, -0.0
    file = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(numbers, from_pandas=True)}), file)
    path = tmp_path / "file"
    path.write_bytes(file.getvalue())
    with readers.read(str(path), "parquet", max_bytes=MAX_BYTES) as parsed:
        [fact] = parsed.columns
    series = pd.Series(numbers)
    assert (fact["missing"], fact["distinct"]) == (series.isna().sum(), series.nunique())
    assert (fact["min"], fact["max"]) == (series.min(), series.max())
    np.testing.assert_allclose([fact["mean"], fact["std"]], [series.mean(), series.std(ddof=0)], rtol=1e-12)


def test_numbers_in_single_precision_are_those_of_the_file(readers: Readers, tmp_path: Path) -> None:
    numbers = np.random.default_rng(1).normal(0.1, 1e3, 40_000).astype(np.float32)
    numbers[3:6] = -0.0, np.finfo(np.float32).max, np.finfo(np.float32).tiny
    whole = np.arange(40_000, dtype=np.float32)
    columns = {"n": pa.array(numbers), "w": pa.array(whole), "m": pa.array([None, *numbers[1:]], pa.float32())}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    path = tmp_path / "file"
    path.write_bytes(file.getvalue())
    with readers.read(str(path), "parquet", max_bytes=MAX_BYTES) as parsed:
        facts = {fact["name"]: fact for fact in parsed.columns}
        table = stack([*parsed.tables()])
    assert {column.values.array.dtype.name for column in table.columns.values()} == {"float64"}
    expected = {"n": numbers.astype(np.float64), "w": whole.astype(np.float64)}
    for name, values in expected.items():
        assert table.columns[name].values.array.tobytes() == values.tobytes()
        assert (facts[name]["max"], facts[name]["distinct"]) == (values.max(), len(np.unique(values)))
        np.testing.assert_allclose([facts[name]["mean"], facts[name]["std"]], [values.mean(), values.std()], rtol=1e-12)
    assert facts["m"]["missing"] == 1
    numbers[7] = np.inf
    pq.write_table(pa.table({"n": numbers}), path)
    with pytest.raises(SteelyardError, match="row 8, column 'n'"):
        read(readers, tmp_path, path.read_bytes(), PARQUET)


def test_memory_is_bounded_and_the_next_file_is_read_all_the_same(tmp_path: Path) -> None:
    readers = Readers(memory_bytes=1 << 30)
    file = io.BytesIO()
    pq.write_table(pa.table({"a": np.resize([0.0, 1.0], 120_000_000)}), file, compression="none")
    with pytest.raises(TooLargeToRead):
        read(readers, tmp_path, file.getvalue(), PARQUET)
    assert lists(read(readers, tmp_path, b"a\n1\n")) == {"a": [1]}
    readers.stop()


def test_columns_without_values_and_with_none_missing_come_back(readers: Readers, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=40_000)
    numbers[generator.random(40_000) < 0.1] = np.nan
    texts = [None if value < 0.1 else f"t{int(value * 50)}" for value in generator.random(40_000)]
    file = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(numbers, from_pandas=True), "t": texts, "e": pa.nulls(40_000)}), file)
    table = read(readers, tmp_path, file.getvalue(), PARQUET)
    np.testing.assert_array_equal(table.columns["n"].values.array, numbers)
    assert table.columns["t"].values.to_list() == texts
    assert table.columns["e"].missing == 40_000


MEMORY_BYTES = 2047 << 20  # by which the processes of `fresh_readers` are known


def fresh_processes() -> list[psutil.Process]:
    """The processes of `fresh_readers`."""
    found = []
    for process in psutil.Process().children():
        with suppress(psutil.Error):
            if str(MEMORY_BYTES) in process.cmdline():
                found.append(process)
    return found


@contextmanager
def killing(number: signal.Signals, times: int = 1000) -> Iterator[list[int]]:
    """Send a signal to each process that reads, until there were so many; their ids."""
    killed: list[int] = []
    done = threading.Event()

    def kill() -> None:
        while len(killed) < times and not done.wait(0.01):
            for process in fresh_processes():
                if process.pid not in killed:
                    process.send_signal(number)
                    killed.append(process.pid)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        done.set()
        thread.join()


@pytest.fixture
def fresh_readers() -> Iterator[Readers]:
    """Processes that read, for one test."""
    readers = Readers(memory_bytes=MEMORY_BYTES)
    yield readers
    readers.stop()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_file_whose_reader_dies_is_read_again(fresh_readers: Readers, tmp_path: Path, number: signal.Signals) -> None:
    with killing(number, times=1) as killed:
        assert lists(read(fresh_readers, tmp_path, b"a\n1\n")) == {"a": [1]}
    assert len(killed) == 1


def test_a_file_whose_reader_dies_halfway_gives_the_same_columns(fresh_readers: Readers, tmp_path: Path) -> None:
    content = b"a,b\n" + b"".join(b"%d.5,x%d\n" % (row, row % 50) for row in range(300_000))
    expected = lists(read(fresh_readers, tmp_path, content))
    path = tmp_path / "file"
    for late in (False, True):
        with fresh_readers.read(str(path), "csv", max_bytes=MAX_BYTES) as parsed:
            assert not late or parsed.columns
            [reader] = fresh_processes()
            reader.kill()
            reader.wait()
            assert lists(stack([*parsed.tables()])) == expected


@pytest.mark.parametrize(
    ("number", "slug", "words"),
    [
        (signal.SIGKILL, "unavailable", "killed twice (SIGKILL)"),
        (signal.SIGSEGV, "invalid-request", "crashes the parser, twice in a row (SIGSEGV)"),
        (signal.SIGABRT, "payload-too-large", "2047 MiB of memory, or it is damaged"),
        (signal.SIGXCPU, "payload-too-large", "120 s of processor time"),
    ],
)
def test_a_file_that_no_reader_survives_is_refused_by_the_cause(
    fresh_readers: Readers, tmp_path: Path, number: signal.Signals, slug: str, words: str
) -> None:
    with killing(number), pytest.raises(SteelyardError) as caught:
        read(fresh_readers, tmp_path, b"a\n1\n")
    assert caught.value.slug == slug
    assert words in caught.value.detail


def test_a_full_folder_for_temporary_files_is_no_fault_of_the_file(
    fresh_readers: Readers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def full_file() -> Iterator[Any]:
        with Path("/dev/full").open("wb", buffering=0) as file:
            yield file

    monkeypatch.setattr(reader_pool, "passing_file", full_file)
    with pytest.raises(Unavailable, match="temporary files is full"):
        read(fresh_readers, tmp_path, b"a\n1\n")


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
