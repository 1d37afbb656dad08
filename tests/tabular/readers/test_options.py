"""What a sender says of a file is stored with it, and read again as it was."""

import json
from dataclasses import fields
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.readers.options import FORMATS, LATER, Dialect

WORDS = st.lists(st.text(max_size=3), max_size=2)
DIALECTS = st.builds(
    Dialect,
    delimiter=st.sampled_from(["", ";", "whitespace"]),
    header=st.booleans(),
    texts=WORDS.map(tuple),
    columns=st.dictionaries(st.text(max_size=3), st.just({"type": "number"}), max_size=2),
    comment=st.sampled_from(["", "#"]),
    skip_rows=st.integers(0, 3),
)


@given(dialect=DIALECTS)
def test_a_stored_dialect_is_read_again_as_it_was(dialect: Dialect) -> None:
    stored: dict[str, Any] = json.loads(json.dumps(dialect.to_json()))
    again = Dialect(**stored)
    assert again == Dialect(**{**dialect.__dict__, "texts": [*dialect.texts] or ()})


def test_options_that_came_later_are_stored_only_if_they_are_given() -> None:
    assert Dialect().to_json().keys() == {field.name for field in fields(Dialect)} - {*LATER}
    given = Dialect(texts=("a",), columns={"a": {"type": "text"}}, comment="#", skip_rows=1)
    assert given.to_json().keys() == {field.name for field in fields(Dialect)}


def test_every_format_has_one_media_type() -> None:
    assert len({*FORMATS.values()}) == len(FORMATS)
