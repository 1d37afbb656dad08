"""Rows inside the request."""

import json

from tests.training.jobs import job, read


def test_inline_data_is_taken_out_and_kept_apart() -> None:
    document = {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [0, 1, 1, 0]}
    plan = read(job(data={"inline": document}))
    assert plan.inline is not None
    assert json.loads(plan.inline) == document
    assert plan.spec.to_json()["data"]["inline"]["rows"] == 4
    assert plan.spec.validation is None
    other = read(job(data={"inline": {**document, "y": [1, 1, 1, 0]}}))
    assert other.digest != plan.digest
