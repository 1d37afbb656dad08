"""Results: all of a run or nothing of it; tensors and pages of predictions by themselves."""

import hashlib
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.errors import NotFound
from steelyard.jobs import ledger
from steelyard.models import library
from steelyard.training import results
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_job
from steelyard.training.results import CHUNK_ROWS, NewModel, SplitPredictions, WeightSnapshot, save_result
from tests.jobs.test_ledger import claim, end, submit

KERNEL = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
TENSORS = {"output/kernel": KERNEL, "output/bias": np.zeros(3, np.float32)}

VERSIONS: dict[str, Any] = dict.fromkeys(("steelyard", "python", "numpy", "scipy", "numba", "machine"), "1")
VERSIONS |= dict.fromkeys(("blas", "blas_version", "blas_kernel", "blas_threads", "why_not_compiled"), None)
MANIFEST: dict[str, Any] = {
    "task": "multiclass",
    "inputs": [],
    "outputs": {"targets": ["y"], "units": 3},
    "classes": ["a", "b", "c"],
    "layers": [],
    "parameters": 15,
    "metrics": {},
    "weights_sha256": "0" * 64,
    "spec": {},
    "provenance": {
        "job": "job_1",
        "spec_digest": "0" * 64,
        "seed": 0,
        "rows": 5,
        "dataset": None,
        "versions": VERSIONS | {"threads": 1, "simd": [], "engine": "numpy"},
        "reproducible": True,
    },
}


def save(engine: Engine, rows: int = 5, **manifest: Any) -> str:
    job_id = submit(engine)
    predictions = SplitPredictions(
        "test", np.arange(rows), np.arange(rows) % 3, np.arange(rows) % 3, np.full((rows, 3), 1 / 3, np.float32)
    )
    snapshots = [WeightSnapshot(name, 1, TENSORS) for name in ("initial", "final")]
    model = NewModel({**MANIFEST, **manifest}, {"inputs": {}, "target": None})
    save_result(engine, claim(engine, job_id), end(), snapshots=snapshots, predictions=[predictions], model=model)
    return job_id


def test_weights_come_back_with_the_same_bits(engine: Engine) -> None:
    job_id = save(engine)
    stored = results.open_snapshot(engine, job_id, "final")
    assert list(stored.tensors) == list(TENSORS)
    assert b"".join(stored.tensors["output/kernel"].pieces()) == KERNEL.tobytes()
    alone = results.open_tensor(engine, job_id, "initial", "output/kernel")
    assert alone.tensors["output/kernel"].shape == (4, 3)
    assert alone.sha256 == hashlib.sha256(KERNEL.tobytes()).hexdigest()
    listed = results.list_weights(engine, job_id).snapshots["final"]
    assert listed.tensors[0].shape == [4, 3]
    assert listed.tensors[0].statistics["mean"] == pytest.approx(KERNEL.mean(), rel=1e-6)


def test_predictions_are_paged_across_chunks(engine: Engine) -> None:
    job_id = save(engine, rows=CHUNK_ROWS + 7)
    page = results.open_predictions(engine, job_id, "test", limit=10, after=CHUNK_ROWS - 3)
    assert [row["row"] for rows in page.rows for row in rows] == list(range(CHUNK_ROWS - 3, CHUNK_ROWS + 7))
    assert (page.head.rows, page.head.has_more, page.head.next) == (CHUNK_ROWS + 7, False, None)
    first = results.open_predictions(engine, job_id, "test", limit=2)
    assert first.head.next == "2"
    rows = next(first.rows)
    assert rows[1]["prediction"] == "versicolor"
    assert len(rows[0]["probabilities"]) == 3


def test_what_is_deleted_while_it_is_read_is_said_to_be(engine: Engine) -> None:
    job_id = save(engine)
    stored, page = (
        results.open_snapshot(engine, job_id, "final"),
        results.open_predictions(engine, job_id, "test", limit=5),
    )
    ledger.remove(engine, job_id, TRAINING)
    with pytest.raises(NotFound, match="deleted"):
        list(stored.tensors["output/kernel"].pieces())
    with pytest.raises(NotFound, match="deleted"):
        list(page.rows)


def test_the_model_is_there_with_the_job(engine: Engine) -> None:
    job_id = save(engine)
    model_id = get_job(engine, job_id).model
    assert model_id is not None
    assert library.get_model(engine, model_id).job == job_id
    assert [model.id for model in library.list_models(engine).data] == [model_id]
    library.delete_model(engine, model_id)
    assert get_job(engine, job_id).model is None
    with pytest.raises(NotFound):
        library.delete_model(engine, model_id)


def test_a_result_that_cannot_be_written_whole_leaves_nothing(engine: Engine) -> None:
    job_id = submit(engine)
    held = claim(engine, job_id)
    broken = NewModel({"unwritable": object()}, {})
    snapshots = [WeightSnapshot("final", 1, TENSORS)]
    with pytest.raises(Exception, match="serializable"):
        save_result(engine, held, end(), snapshots=snapshots, predictions=[], model=broken)
    assert get_job(engine, job_id).status == "running"
    assert results.list_weights(engine, job_id).snapshots == {}


@pytest.mark.parametrize("read", ["open_snapshot", "open_tensor", "open_predictions", "list_weights"])
def test_what_is_not_there_is_not_found(engine: Engine, read: str) -> None:
    arguments = {"open_snapshot": ("final",), "open_tensor": ("final", "a/b"), "open_predictions": ("test",)}.get(
        read, ()
    )
    options = {"limit": 5} if read == "open_predictions" else {}
    for job_id in ("job_none", *([] if read == "list_weights" else [submit(engine)])):
        with pytest.raises(NotFound):
            getattr(results, read)(engine, job_id, *arguments, **options)
