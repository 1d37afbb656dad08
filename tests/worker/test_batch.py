"""A batch of predictions is computed part by part, and continues after the parts that are done."""

from typing import Any

import numpy as np
import orjson
import pytest
from sqlalchemy import Engine

from steelyard.errors import FencedOff, NotFound
from steelyard.inference import batches
from steelyard.inference.batches import PREDICTION, BatchPlan
from steelyard.inference.rows import read_inputs
from steelyard.inference.service import load_model
from steelyard.jobs import ledger, queries
from steelyard.jobs.resumption import resume
from steelyard.tabular.chunks import ROWS
from steelyard.training.queries import get_job
from steelyard_worker.batch import Batch
from steelyard_worker.outcome import Outcome
from tests.jobs.test_ledger import claim
from tests.service import SMALLEST
from tests.worker.conftest import post

CLASSES = [0, 1, 2]  # by their numbers, as the network has them
INPUTS = np.random.default_rng(0).uniform(0, 8, (ROWS + 3, 4)).round(1).tolist()


@pytest.fixture
def model(database: Engine) -> str:
    """A model that was trained for one epoch, in this process."""
    job_id = post(database, {**SMALLEST, "training": {"epochs": 1}})
    outcome = Outcome(database, claim(database, job_id), queries.load_order(database, job_id), threads=1)
    outcome.prepare()
    list(outcome.run())
    outcome.save("succeeded")
    trained = get_job(database, job_id).model
    assert trained is not None
    return trained


def submit(engine: Engine, model: str, inputs: list[Any]) -> str:
    plan = BatchPlan(model, None, orjson.dumps(inputs), len(inputs), CLASSES, None)
    batch_id: str = batches.submit(engine, plan, request_id=None, once=None).id
    return batch_id


def start(engine: Engine, batch_id: str) -> Batch:
    return Batch(engine, claim(engine, batch_id), queries.load_order(engine, batch_id))


def rows_of(engine: Engine, batch_id: str) -> list[dict[str, Any]]:
    blocks = batches.open_rows(engine, batch_id, limit=10 * ROWS, after=0)
    return [row for block in blocks.rows for row in block]


def test_a_batch_that_is_stopped_continues_after_its_last_part_and_has_the_rows_of_a_prediction(
    database: Engine, model: str
) -> None:
    batch_id = submit(database, model, INPUTS)
    first = start(database, batch_id)
    first.run(iter([False, True]).__next__)  # stopped after one part
    first.end("cancelled")
    stopped = queries.get(database, batch_id, PREDICTION)
    assert (stopped.status, stopped.progress.rows) == ("cancelled", ROWS)
    before = rows_of(database, batch_id)
    resume(database, batch_id, PREDICTION)
    second = start(database, batch_id)
    second.run(lambda: False)
    second.end("succeeded")
    rows = rows_of(database, batch_id)
    assert rows[:ROWS] == before
    loaded = load_model(database, model)
    expected = loaded.answer(read_inputs({"inputs": INPUTS}, loaded.inputs, loaded.network.dtype).x)
    assert [row["row"] for row in rows] == list(range(len(INPUTS)))
    assert [row["prediction"] for row in rows] == expected.predictions.tolist()
    assert expected.probabilities is not None
    assert np.array([row["probabilities"] for row in rows], np.float32).tobytes() == expected.probabilities.tobytes()


def test_a_run_that_lost_its_batch_stores_no_further_part(database: Engine, model: str) -> None:
    batch_id = submit(database, model, INPUTS[:2])
    late = start(database, batch_id)
    assert ledger.reap(database, is_gone=lambda owner: owner == "w")
    with pytest.raises(FencedOff):
        late.run(lambda: False)
    assert rows_of(database, batch_id) == []


def test_a_batch_whose_model_was_deleted_is_an_error(database: Engine) -> None:
    with pytest.raises(NotFound, match="mdl_none"):
        start(database, submit(database, "mdl_none", INPUTS[:1])).run(lambda: False)
