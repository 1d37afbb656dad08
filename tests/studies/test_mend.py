"""A mend shows whether the patches of a job's findings help."""

from typing import Any

import pytest
from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.diagnostics.schema import Finding, PatchOperation
from steelyard.errors import Conflict, NotFound, ValidationFailed
from steelyard.jobs import ledger
from steelyard.studies import mend
from steelyard.studies.comparison import Measure, compare
from steelyard.studies.schema import Mend, MendRequest
from steelyard.training import submission
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_history, get_job
from tests import trained
from tests.studies.conftest import OVERFITTED
from tests.trained import LIMITS, read, weights


def submit(store: Engine, readers: Readers, job_id: str, **asked: Any) -> tuple[Mend, list[str]]:
    return mend.submit(store, readers, LIMITS, job_id, MendRequest(**asked))


def finding(code: str, *paths: str) -> Finding:
    patch = [PatchOperation(op="replace", path=path, value=1) for path in paths] or None
    return Finding(code=code, level="warning", message="", suggestion="", patch=patch)


def test_the_change_that_helps_is_found_to_help(store: Engine, readers: Readers, sick: str) -> None:
    asked, job_ids = submit(store, readers, sick, findings=["overfitting"])
    assert (asked.status, asked.verdict, len(job_ids)) == ("queued", None, 6)
    assert asked.message == "The jobs have not all ended."
    assert asked.findings == ["overfitting"]
    trained.run_all(store, job_ids)
    found = mend.get(store, asked.id)
    assert (found.status, found.verdict) == ("succeeded", "helped")
    assert [pair.seed for pair in found.pairs] == [5, 6, 7]
    assert (found.measure.split, found.measure.metric) == ("validation", "log_loss")
    for pair in found.pairs:
        one, other = (get_job(store, trial.job) for trial in (pair.original, pair.mended))
        assert pair.original.value == one.metrics["validation"]["log_loss"]
        assert pair.mended.value == other.metrics["validation"]["log_loss"]
        assert pair.original.value is not None
        assert pair.mended.value is not None
        assert pair.difference == pytest.approx(pair.mended.value - pair.original.value)
        # The same draws: until early stopping, both train alike.
        epochs = len(get_history(store, other.id).epochs)
        assert get_history(store, other.id).series["loss"] == get_history(store, one.id).series["loss"][:epochs]
        assert other.spec["training"]["early_stopping"] is not None
    assert found.message.startswith("The change helped: validation log_loss ")
    assert found.mean_difference is not None
    assert found.mean_difference < 0


def test_the_first_pair_begins_with_the_job_itself(store: Engine, readers: Readers, sick: str) -> None:
    asked, job_ids = submit(store, readers, sick, seeds=2)
    trained.run_all(store, job_ids)
    first = mend.get(store, asked.id).pairs[0].original.job
    for name, tensor in weights(store, sick).items():
        assert weights(store, first)[name].tobytes() == tensor.tobytes()


def test_a_job_of_a_study_that_is_deleted_takes_its_pair_out_of_the_comparison(
    store: Engine, readers: Readers, sick: str
) -> None:
    asked, job_ids = submit(store, readers, sick, seeds=2)
    trained.run_all(store, job_ids)
    ledger.remove(store, job_ids[0], TRAINING)
    found = mend.get(store, asked.id)
    assert found.pairs[0].original.status == "deleted"
    assert found.pairs[0].difference is None
    assert found.standard_error is None
    assert found.verdict == "no_difference"


def test_what_cannot_be_mended_is_rejected_with_the_reason(store: Engine, readers: Readers, sick: str) -> None:
    with pytest.raises(ValidationFailed, match="has no finding with a patch"):
        mend.collect_patches([finding("a")], None)
    with pytest.raises(ValidationFailed, match="/findings/0: is 'gremlins'; findings of this job with a patch: over"):
        submit(store, readers, sick, findings=["gremlins"])
    with pytest.raises(NotFound):
        submit(store, readers, "job_none")
    waiting = submission.submit(store, read(store, OVERFITTED))
    with pytest.raises(Conflict, match="is queued; its findings are complete once it has ended"):
        submit(store, readers, waiting.id)
    ledger.request_cancel(store, waiting.id, TRAINING)


def test_of_two_patches_of_the_same_setting_the_first_is_taken() -> None:
    findings = [
        finding("a", "/optimizer"),
        finding("b"),
        finding("c", "/optimizer/learning_rate"),
        finding("d", "/loss"),
    ]
    found = mend.collect_patches(findings, None)
    assert found.codes == ["a", "d"]
    assert found.skipped == {"c": "changes /optimizer/learning_rate in another way than an earlier finding does"}
    assert [operation.path for operation in found.operations] == ["/optimizer", "/loss"]
    chosen = mend.collect_patches(findings, ["c"])
    assert (chosen.codes, chosen.skipped) == (["c"], {})


def test_patches_that_agree_are_both_taken() -> None:
    found = mend.collect_patches([finding("a", "/loss"), finding("b", "/loss", "/task")], None)
    assert (found.codes, found.skipped) == (["a", "b"], {})
    assert [operation.path for operation in found.operations] == ["/loss", "/task"]


@pytest.mark.parametrize(
    ("document", "words"),
    [([], "must be an object"), ({"seeds": 1}, "must be at least 2"), ({"seed": 3}, "did you mean 'seeds'")],
)
def test_a_request_that_makes_no_sense_names_its_field(document: Any, words: str) -> None:
    with pytest.raises(ValidationFailed, match=words):
        mend.read_request(document)


def test_a_leak_is_dropped_only_where_it_is_named() -> None:
    leak, other = finding("target_leak", "/data/ignore"), finding("a", "/loss")
    found = mend.collect_patches([leak, other], None)
    assert found.codes == ["a"]
    assert found.skipped == {"target_leak": "changes a metric that is too good, so it is tried only if it is named"}
    assert mend.collect_patches([leak, other], ["target_leak"]).codes == ["target_leak"]
    with pytest.raises(ValidationFailed, match="nothing to mend; target_leak was left out: it changes a metric"):
        mend.collect_patches([leak], None)


def test_pairs_that_failed_both_ways_have_no_figures() -> None:
    measure, pairs = Measure("validation", "rmse"), [(None, None)] * 3
    comparison = compare(measure, pairs)
    message = mend._describe("succeeded", measure, comparison, pairs, comparison.verdict)
    assert message == "The change made no difference: all 3 jobs failed as they were, and mended."
