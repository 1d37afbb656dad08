"""Arrow's columns become ours, as they would from Python's own values."""

import io
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.prefetch import threads_begun
from steelyard.tabular.readers.arrow import MOST_COLUMNS, Recognition, brief, read_columns, require_size, unpacked_bytes
from steelyard.tabular.readers.unreadable import Unreadable
from steelyard.tabular.values import coded
from tests.datasets.corpus import arrow, parquet
from tests.tabular.readers.conftest import Describe, Read

DAY = 86_400.0


@given(st.lists(st.none() | st.text(st.sampled_from(" \t\n\v\f\r\x1c\x1f\x85\xa0\u2003ab"), max_size=4), min_size=1))
def test_texts_are_trimmed_as_they_are_in_rows_of_json(texts: list[str | None]) -> None:
    column = pa.chunked_array([pa.array(texts[:1], pa.string()), pa.array(texts[1:], pa.string())])
    with threads_begun(1) as threads:
        [(values, _)] = read_columns(["a"], [column], lambda _: {}, threads, Recognition(is_wanted=True))
    expected = coded(texts)
    assert values.labels == expected.labels
    assert values.array.tolist() == expected.array.tolist()


def one(column: pa.Array) -> bytes:
    """A stream of one column, `a`."""
    return arrow(pa.table({"a": column}))


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, None, 3], pa.int8()), [1, None, 3]),
        (pa.array([2**64 - 1, None], pa.uint64()), [float(2**64 - 1), None]),
        (pa.array([Decimal("1.25"), None]), [1.25, None]),
        (pa.array([0.5, None], pa.float16()), [0.5, None]),
        (pa.array([0.1, None], pa.float32()), [float(pa.scalar(0.1, pa.float32()).as_py()), None]),
        (pa.array([1.5, float("nan")]), [1.5, None]),
        (pa.array([True, None, False]), [True, None, False]),
        (pa.nulls(2), [None, None]),
        (pa.array([date(1970, 1, 3), None], pa.date32()), [2 * DAY, None]),
        (pa.array([date(1970, 1, 3), None], pa.date64()), [2 * DAY, None]),
        *[
            (pa.array([datetime(1970, 1, 2, 0, 0, 1), None], pa.timestamp(unit)), [DAY + 1, None])
            for unit in ("s", "ms", "us", "ns")
        ],
        (pa.array([datetime(1970, 1, 2, tzinfo=UTC)], pa.timestamp("ms", "Europe/Berlin")), [DAY]),
        *[(pa.array([time(0, 1, 2), None], pa.time32(unit)), [62, None]) for unit in ("s", "ms")],
        *[(pa.array([time(0, 1, 2), None], pa.time64(unit)), [62, None]) for unit in ("us", "ns")],
        *[
            (pa.array([timedelta(days=2, seconds=1), None], pa.duration(unit)), [2 * DAY + 1, None])
            for unit in ("s", "ms", "us", "ns")
        ],
        (pa.array(["x", None, " x ", " "], pa.large_string()), ["x", None, "x", None]),
        (pa.array(["x", None, "y"]).dictionary_encode(), ["x", None, "y"]),
        (pa.array([b"x", None]), ["x", None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_every_type_of_arrow_has_its_values(read: Read, column: pa.Array, expected: list[Any]) -> None:
    assert read(one(column), "arrow")[1] == {"a": expected}


def test_a_stream_and_a_file_of_arrow_are_the_same_table(read: Read) -> None:
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})
    file = io.BytesIO()
    with pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    assert read(file.getvalue(), "arrow")[1] == read(arrow(table), "arrow")[1] == {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ([date(1, 1, 1), date(9999, 12, 31)], None),
        ([0, -719_163], "row 2, column 'a': the date is outside the years 1 to 9999"),
        ([0, 0, 2_932_897], "row 3, column 'a'"),
    ],
)
def test_a_date_is_in_the_years_that_python_has(read: Read, days: list[Any], says: str | None) -> None:
    column = pa.array(days, pa.date32()) if says is None else pa.array(days, pa.int32()).cast(pa.date32())
    if says is None:
        assert read(one(column), "arrow")[1]["a"] == [-62_135_596_800.0, 253_402_214_400.0]
    else:
        with pytest.raises(Unreadable, match=says):
            read(one(column), "arrow")


def test_a_number_is_within_the_bound_of_all_formats(read: Read) -> None:
    assert read(one(pa.array([1e150, -1e150])), "arrow")[1]["a"] == [1e150, -1e150]
    for numbers, row in (([0, 1.1e150], 2), ([0, 1, -1.1e150], 3), ([float("inf")], 1)):
        with pytest.raises(Unreadable, match=f"row {row}, column 'a': .* must be within ±1e\\+150"):
            read(one(pa.array(numbers)), "arrow")


@pytest.mark.parametrize(
    ("numbers", "kind", "says"),
    [
        ([2**53, -(2**53)], pa.int64(), None),
        ([0, 2**53 + 1, None], pa.int64(), "1 values of 'a', the first in row 1,"),
        ([-(2**53) - 1, 0, 2**60], pa.int64(), "2 values of 'a', the first in row 0,"),
        ([2**64 - 1], pa.uint64(), "1 values of 'a', the first in row 0,"),
        ([2**31 - 1], pa.int32(), None),
        ([None, None], pa.int64(), None),
    ],
)
def test_integers_that_no_float_holds_are_named(
    describe: Describe, numbers: list[int | None], kind: pa.DataType, says: str | None
) -> None:
    remarks = describe(one(pa.array(numbers, kind)), "arrow")["a"][1]["findings"]
    assert [remark["code"] for remark in remarks] == ([] if says is None else ["large_integers"])
    assert says is None or remarks[0]["message"].startswith(says)


def test_the_ten_most_frequent_strings_are_listed_shortened(describe: Describe) -> None:
    labels = [f"{'x' * 250}{place:02}" if place == 3 else f"label {place:02}" for place in range(12)]
    content = one(pa.array([label for place, label in enumerate(labels) for _ in range(place + 1)]))
    facts = describe(content, "arrow")["a"][1]
    assert facts["distinct"] == 12
    assert [each["count"] for each in facts["top"]] == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]
    assert facts["top"][0]["value"] == "label 11"
    assert facts["top"][8]["value"] == "x" * 200


def test_different_numbers_are_counted_without_missing_ones(describe: Describe) -> None:
    facts = describe(one(pa.array([3.0, None, 1, 3, float("nan"), -2])), "arrow")["a"][1]
    assert (facts["missing"], facts["distinct"], facts["min"], facts["max"]) == (2, 3, -2, 3)
    empty = describe(one(pa.nulls(3, pa.float64())), "arrow")["a"][1]
    assert (empty["missing"], empty["distinct"], empty["min"]) == (3, 0, None)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["a", " "], "the name of column 2 is empty"),
        (["a" * 201], "the name of column 1 has 201 characters; the limit is 200"),
        (["a", "b", "a"], "the name 'a' is used by two columns"),
        ([f"c{place}" for place in range(MOST_COLUMNS + 1)], "it has 10001 columns; the limit is 10000"),
    ],
)
def test_names_are_short_different_and_not_too_many(names: list[str], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        require_size(1, names)


def test_a_table_has_a_bounded_size() -> None:
    require_size(1, ["a" * 200])
    require_size(1 << 39, ["a", "b"])
    require_size(1 << 40, [])
    for rows, names in (((1 << 39) + 1, ["a", "b"]), ((1 << 40) + 1, [])):
        with pytest.raises(Unreadable, match="which is too large"):
            require_size(rows, names)


def test_the_least_size_of_a_table_is_that_of_its_types() -> None:
    schema = pa.schema({"a": pa.float64(), "b": pa.int8(), "c": pa.bool_(), "d": pa.string()})
    assert unpacked_bytes(10, schema) == 10 * (8 + 1 + 1 + 4)


def test_a_parquet_file_may_have_as_many_bytes_as_the_limit(read: Read) -> None:
    content = parquet(pa.table({"a": [1.5] * 100}))
    assert len(read(content, "parquet", max_bytes=800)[1]["a"]) == 100
    with pytest.raises(Unreadable, match="it declares 100 rows, at least 800 bytes; the limit is 799"):
        read(content, "parquet", max_bytes=799)


def test_a_message_of_a_library_is_one_short_line() -> None:
    assert brief(ValueError(f" {'x' * 400}\nsecond")) == "x" * 300
    assert brief(OSError()) == "OSError"


@pytest.mark.parametrize(
    "column", [pa.array([1, 2]), pa.array([1.5, None]), pa.array([True, False]), pa.array(["01", "x"])]
)
def test_columns_are_strings_where_that_is_asked(read: Read, column: pa.Array) -> None:
    expected = [None if value is None else str(value) for value in column.cast(pa.string()).to_pylist()]
    assert read(one(column), "arrow", texts=["a"])[1] == {"a": expected}
    with pytest.raises(Unreadable, match="it has no column 'b', which `texts` names"):
        read(one(column), "arrow", texts=["b"])
    with pytest.raises(Unreadable, match="it has no column 'b', which `columns` names"):
        read(one(column), "arrow", columns={"b": {"type": "number"}})


def test_a_table_has_rows_and_columns(read: Read) -> None:
    for table, says in ((pa.table({"a": pa.array([], pa.int64())}), "no rows"), (pa.table({}), "no columns")):
        file = io.BytesIO()
        with pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
        with pytest.raises(Unreadable, match=says):
            read(file.getvalue(), "arrow")


def test_nested_columns_may_be_ignored(read: Read) -> None:
    content = arrow(pa.table({"a": [1, 2], "b": [[1], [2, 3]]}))
    assert read(content, "arrow", columns={"b": {"type": "ignore"}})[1] == {"a": [1, 2], "b": [None, None]}
    with pytest.raises(Unreadable, match="column 'b': its values are of the type list"):
        read(content, "arrow")


def test_integers_that_pandas_calls_categories_are_such_and_others_are_not(read: Read) -> None:
    frame = pd.DataFrame({"zip": pd.Categorical([1000, 2000]), "size": [1, 2]})
    table = pa.Table.from_pandas(frame)
    plain = table.set_column(0, "zip", table.column(0).cast(pa.int64()))  # only the metadata says so
    assert read(arrow(plain), "arrow")[1] == {"zip": ["1000", "2000"], "size": [1, 2]}


def test_a_declared_column_to_predict_has_the_type_of_the_file(read: Read) -> None:
    column = pa.array([datetime(1970, 1, 2), None], pa.timestamp("s"))
    columns = {"a": {"type": "datetime"}}
    assert read(one(column), "arrow", wanted={"a": False}, columns=columns)[1] == {"a": [DAY, None]}
