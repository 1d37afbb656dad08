"""Types of Arrow that other programs write."""

import pyarrow as pa
import pytest

from steelyard.tabular.readers.options import FORMATS
from steelyard.tabular.readers.unreadable import Unreadable
from tests.datasets.corpus import (
    ARROW,
    PARQUET,
    arrow,
    odd_types,
    parquet,
    views_of_anything,
)
from tests.tabular.readers.conftest import Read


def test_types_that_other_programs_write_are_read(read: Read) -> None:
    expected = {
        "view": ["x", None, "not as short as to stand in a view itself"],
        "bytes": ["x", None, "é"],
        "uuid": ["00000000-0000-0000-0000-000000000000", None, "00010203-0405-0607-0809-0a0b0c0d0e0f"],
        "duration": [1.5, None, 86_400],
        "time": [60, None, 0],
    }
    assert read(parquet(odd_types().select([*expected])), FORMATS[PARQUET])[1] == expected
    expected["category"] = ["x", None, "é"]  # pyarrow itself writes no Parquet of such
    assert read(arrow(odd_types()), FORMATS[ARROW])[1] == expected
    anything = {"a": views_of_anything(), "b": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), views_of_anything())}
    found = read(arrow(pa.table(anything)), FORMATS[ARROW])[1]
    assert found == {"a": expected["view"], "b": expected["view"]}
    in_parts = pa.concat_tables([pa.table(anything).slice(0, 0), pa.table(anything)])
    assert read(arrow(in_parts), FORMATS[ARROW])[1] == found
    sliced = pa.table(anything).slice(1)
    assert read(arrow(sliced), FORMATS[ARROW])[1] == {name: found[name][1:] for name in found}


@pytest.mark.parametrize(
    "values", [pa.array([b"\xff"]), pa.array([[1]]), pa.array([(1, 2, 3)], pa.month_day_nano_interval())]
)
def test_a_column_that_is_of_none_of_these_is_named(read: Read, values: pa.Array) -> None:
    with pytest.raises(Unreadable, match="column 'a': its values"):
        read(arrow(pa.table({"a": values})), FORMATS[ARROW])
