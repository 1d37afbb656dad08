"""Batches of predictions: parts, pages and ends, on SQLite and on PostgreSQL."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.errors import Conflict, FencedOff, NotFound
from steelyard.inference import batches
from steelyard.inference.batches import PREDICTION, BatchPart, BatchPlan
from steelyard.jobs import ledger, queries
from steelyard.store.replies import AnsweredAlready, Once
from steelyard.tabular.chunks import ROWS
from steelyard.training.queries import list_jobs
from tests.jobs.test_ledger import claim

LABELS = ["no", "yes"]


def submit(engine: Engine, rows: int = 1) -> str:
    plan = BatchPlan("mdl_1", None, b"[[1]]", rows, LABELS, "mine")
    batch_id: str = batches.submit(engine, plan, request_id=None, once=None).id
    return batch_id


def part(number: int, rows: int) -> BatchPart:
    """The predictions of a part: the classes in turn, each with its probability."""
    classes = np.arange(rows) % 2
    return BatchPart(number, (number - 1) * ROWS, classes, np.eye(2, dtype=np.float32)[classes])


def rows_of(engine: Engine, batch_id: str, *, limit: int, after: int) -> list[dict[str, Any]]:
    blocks = batches.open_rows(engine, batch_id, limit=limit, after=after)
    return [row for block in blocks.rows for row in block]


def test_a_batch_grows_part_by_part_and_its_rows_are_paged_across_them(engine: Engine) -> None:
    batch_id = submit(engine, ROWS + 2)
    held = claim(engine, batch_id)
    batches.save_part(engine, held, part(1, ROWS), seconds=0.5)
    batch = queries.get(engine, batch_id, PREDICTION)
    assert (batch.status, batch.seconds) == ("running", 0.5)
    assert batch.progress.to_json() == {"rows": ROWS, "fraction": 0.5}
    head = batches.open_rows(engine, batch_id, limit=ROWS, after=0).head.to_json()
    assert (head["rows"], head["has_more"]) == (ROWS, False)  # as many as there are so far
    batches.save_part(engine, held, part(2, 2), seconds=0.7)
    batches.end(engine, held, "succeeded", part=2, seconds=0.7)
    assert queries.get(engine, batch_id, PREDICTION).progress.to_json() == {"rows": ROWS + 2, "fraction": 1.0}
    assert rows_of(engine, batch_id, limit=9, after=ROWS - 1) == [
        {"row": ROWS - 1, "prediction": "yes", "probabilities": [0.0, 1.0]},
        {"row": ROWS, "prediction": "no", "probabilities": [1.0, 0.0]},
        {"row": ROWS + 1, "prediction": "yes", "probabilities": [0.0, 1.0]},
    ]
    last = queries.list_events(engine, batch_id, PREDICTION).data[-1]
    assert last.message == "succeeded after 2 parts"


def test_a_batch_without_a_part_has_no_rows_and_knows_its_classes(engine: Engine) -> None:
    batch_id = submit(engine)
    assert batches.open_rows(engine, batch_id, limit=5, after=0).head.to_json()["rows"] == 0
    assert rows_of(engine, batch_id, limit=5, after=0) == []
    assert batches.get_labels(engine, batch_id) == LABELS


def test_a_run_that_is_no_longer_the_batchs_writes_nothing(engine: Engine) -> None:
    batch_id = submit(engine)
    late = claim(engine, batch_id)
    ledger.release(engine, late, "the worker stops")
    with pytest.raises(FencedOff):
        batches.save_part(engine, late, part(1, 1), seconds=0.1)
    with pytest.raises(FencedOff):
        batches.end(engine, late, "succeeded", part=1, seconds=0.1)
    assert rows_of(engine, batch_id, limit=5, after=0) == []
    assert queries.get(engine, batch_id, PREDICTION).status == "queued"


def test_batches_are_listed_newest_first_without_jobs_of_other_kinds(engine: Engine) -> None:
    ids = sorted((submit(engine) for _ in range(3)), reverse=True)
    page = batches.list_batches(engine, limit=2, after=None)
    assert ([batch.id for batch in page.data], page.has_more) == (ids[:2], True)
    rest = batches.list_batches(engine, limit=2, after=page.next)
    assert ([batch.id for batch in rest.data], rest.has_more) == (ids[2:], False)
    assert list_jobs(engine).data == []


def test_a_batch_is_submitted_once_for_a_key_and_not_at_all_without_its_data_set(engine: Engine) -> None:
    plan = BatchPlan("mdl_1", None, b"[[1]]", 1, None, None)
    once = Once("key", "0" * 64)
    batch = batches.submit(engine, plan, request_id=None, once=once)
    with pytest.raises(AnsweredAlready):
        batches.submit(engine, plan, request_id=None, once=once)
    with pytest.raises(Conflict, match="data set"):
        batches.submit(engine, BatchPlan("mdl_1", "ds_none", None, 1, None, None), request_id=None, once=None)
    assert [each.id for each in batches.list_batches(engine, limit=5, after=None).data] == [batch.id]


def test_a_batch_that_does_not_exist_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound, match="there is no prediction 'pred_none'"):
        batches.open_rows(engine, "pred_none", limit=5, after=0)
    with pytest.raises(NotFound, match="there is no prediction 'pred_none'"):
        batches.get_labels(engine, "pred_none")
