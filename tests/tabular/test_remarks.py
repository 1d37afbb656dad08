"""Decisions about values are told with the place and with what to do."""

import json

from steelyard.tabular.remarks import LARGEST_EXACT, Remark, large_integers
from steelyard.tabular.schema import read_schema


def test_rounded_integers_are_counted_with_the_first_and_a_schema_that_keeps_them() -> None:
    remark = large_integers("card no", 3, 17)
    assert (remark.code, remark.level) == ("large_integers", "warning")
    assert remark.message.startswith("3 values of 'card no', the first in row 17, are integers beyond 2^53")
    schema = json.loads(remark.suggestion[remark.suggestion.index("{") : remark.suggestion.rindex("}") + 1])
    assert read_schema(schema)["card no"].name == "category"


def test_a_remark_is_stored_and_read_again() -> None:
    remark = large_integers("a", 1, 0)
    assert Remark(**json.loads(json.dumps(remark.to_json()))) == remark


def test_integers_up_to_the_bound_are_exact_and_the_next_is_not() -> None:
    assert int(float(LARGEST_EXACT)) == LARGEST_EXACT
    assert int(float(LARGEST_EXACT + 1)) != LARGEST_EXACT + 1
