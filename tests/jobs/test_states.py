"""Which ended jobs may go on, and that the table of legal changes allows it."""

import pytest

from steelyard.errors import Internal, RunFailed, TimeLimitExceeded, WorkerLost
from steelyard.jobs.states import CANCELLED, FAILED, LEGAL, QUEUED, STATUSES, may_resume

ERRORS = [*RunFailed.__subclasses__(), Internal]


@pytest.mark.parametrize("error", ERRORS, ids=[error.slug for error in ERRORS])
def test_a_failed_job_may_go_on_if_another_run_may_well_succeed(error: type[RunFailed]) -> None:
    assert may_resume(FAILED, error("reason").problem()) == (error in (WorkerLost, TimeLimitExceeded))


def test_a_cancelled_job_may_go_on_and_one_that_succeeded_or_has_not_ended_may_not() -> None:
    assert [status for status in STATUSES if may_resume(status, None)] == [CANCELLED]


def test_the_table_of_legal_changes_lets_a_job_that_may_go_on_wait_again() -> None:
    problem = WorkerLost("reason").problem()
    assert all(QUEUED in LEGAL[status] for status in STATUSES if may_resume(status, problem))
