"""An imported model is stored with a new job, in one transaction."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
from sqlalchemy import Engine

from steelyard.imports.exported import draft_of
from steelyard.imports.importing import CHANGED, Importing
from steelyard.inference.service import load_model
from steelyard.store.replies import Once, find
from steelyard.training.queries import get_job
from tests import trained
from tests.imports.files import DIGEST, export, read


def test_a_model_is_stored_with_an_ended_job(engine: Engine, tmp_path: Path) -> None:
    draft = draft_of(read(tmp_path / "file", export("json"), "json"), DIGEST)
    once = Once("key", "0" * 64)
    answer = Importing(engine).store(draft, draft.build(), form="json", file=DIGEST, name="mine", once=once)
    model = orjson.loads(answer)
    assert find(engine, once) == answer
    job = get_job(engine, model["job"])
    assert (job.status, job.name, job.model, job.progress.epoch) == ("succeeded", "mine", model["id"], 0)
    assert model["provenance"]["file"] == job.spec["data"]["inline"]["sha256"] == DIGEST
    for snapshot in ("initial", "final"):
        stored = trained.weights(engine, job.id, snapshot)
        assert all(np.array_equal(stored[name], tensor) for name, tensor in draft.tensors.items())
    loaded = load_model(engine, model["id"])
    assert loaded.inputs.to_json() == draft.inputs.to_json()
    assert loaded.labels == draft.classes


def test_metrics_of_other_weights_are_left_out(engine: Engine, tmp_path: Path) -> None:
    draft = draft_of(read(tmp_path / "file", export("json"), "json"), DIGEST)
    assert draft.metrics
    changed = replace(draft, tensors={**draft.tensors, "output/bias": draft.tensors["output/bias"] + 1})
    for given, metrics, notes in ((draft, draft.metrics, []), (changed, {}, [CHANGED])):
        model = orjson.loads(Importing(engine).store(given, given.build(), form="json", file=DIGEST, name=None))
        assert model["metrics"] == metrics
        assert (model["provenance"].get("notes") or []) == notes
