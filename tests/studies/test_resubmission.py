"""A job once more: the same bits where nothing is changed."""

from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.diagnostics.patches import apply_patch
from steelyard.diagnostics.schema import PatchOperation
from steelyard.studies.resubmission import Resubmission
from steelyard.training import submission
from tests import trained
from tests.studies.conftest import OVERFITTED
from tests.trained import LIMITS


def test_a_changed_job_leaves_the_specification_of_the_first_as_it_is(store: Engine, readers: Readers) -> None:
    document = OVERFITTED | {"optimizer": {"name": "sgd", "learning_rate": 1e30}, "data": {"builtin": "diabetes"}}
    job = trained.train(store, document | {"training": {"epochs": 5}})
    assert job.status == "failed"
    calmer = [PatchOperation(op="replace", path="/optimizer/learning_rate", value=0.01)]
    again = Resubmission(store, readers, LIMITS, job.id)
    spec = apply_patch(again.spec, calmer)
    assert spec["optimizer"]["learning_rate"] == 0.01
    assert again.spec["optimizer"]["learning_rate"] == 1e30
    assert again.plan(spec).spec.optimizer.learning_rate == 0.01


def test_rows_that_came_inside_the_job_are_those_of_the_new_one(store: Engine, readers: Readers) -> None:
    rows = [{"a": n % 7, "b": n % 3, "y": "no" if n % 7 < 3 else "yes"} for n in range(60)]
    job = trained.train(store, {"data": {"inline": {"rows": rows}}, "layers": [4], "training": {"epochs": 2}})
    plan = Resubmission(store, readers, LIMITS, job.id).plan(job.spec)
    again = trained.run(store, submission.submit(store, plan).id)
    assert again.weights_sha256 == job.weights_sha256
    assert again.spec_digest == job.spec_digest
