"""Files of JSON: rows, columns and arrays, as other programs write them."""

import json

import pandas as pd
import pytest

from steelyard.tabular.readers.options import FORMATS
from steelyard.tabular.readers.unreadable import Unreadable
from tests.datasets.corpus import (
    JSON,
)
from tests.tabular.readers.conftest import Read


def test_columns_of_json_are_read_as_pandas_writes_them(read: Read) -> None:
    frame = pd.DataFrame({"x": [1.5, None, 3], "b": ["x", None, "é"], "rows": [True, False, None]})
    expected = {"x": [1.5, None, 3], "b": ["x", None, "é"], "rows": [True, False, None]}
    contents = [frame.to_json(), frame.to_json(orient="records"), frame.set_index(pd.Index(list("pqr"))).to_json()]
    contents += [
        json.dumps(expected),
        frame.to_json(orient="split"),
        '{"x": {"0": 1.5, "1": null, "2": 3}, "b": {"1": null, "0": "x", "2": "é"}}',
    ]
    for content in contents:
        found = read(content.encode(), FORMATS[JSON])[1]
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
def test_json_whose_parts_do_not_go_together_is_refused(read: Read, content: str, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(content.encode(), FORMATS[JSON])
    assert says in str(caught.value)
