"""A fault in a file of JSON lines is named with its row, however long the file is."""

import pytest

from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Read


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"a": "007"}', "column 'a': is '007', but the rows before have numbers"),
        ('{"a": true}', "column 'a': is True, but the rows before have numbers"),
        ('{"a": 1', 'it is not valid NDJSON: .*\'{"a": 1'),
        ("[1]", r"is \[1\]; every line must be an object"),
        ('{"a": 1, "a": 2}', "column 'a': an object has this key more than once"),
    ],
)
@pytest.mark.parametrize("rows", [5, 10_000])  # two blocks of the parser
def test_a_fault_has_its_row(read: Read, line: str, says: str, rows: int) -> None:
    content = f'{{"a": 1.5, "b": "{"x" * 1000}"}}\n' * rows + f"\n{line}\n" + '{"a": 1}\n'
    with pytest.raises(Unreadable, match=f"^row {rows + 1}(, |: ){says}"):
        read(content, "ndjson")


def test_integers_beyond_64_bits_are_numbers_as_in_any_json(read: Read) -> None:
    for number in (2**64 - 1, 2**64):
        assert read(f'[{{"u": {number}}}, {{"u": 1}}, {{"u": null}}]', "json")[1] == {"u": [2.0**64, 1, None]}
