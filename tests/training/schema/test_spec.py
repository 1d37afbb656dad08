"""The full form of a job."""

import json

import pytest

from steelyard.training.examples import EXAMPLES
from steelyard.training.schema import load_spec
from tests.training.jobs import read


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_filled_in_job_read_again_is_itself(name: str) -> None:
    plan = read(EXAMPLES[name])
    again = load_spec(json.loads(json.dumps(plan.spec.to_json())))
    assert again.to_json() == plan.spec.to_json()
    assert again.canonical() == plan.spec.canonical()
