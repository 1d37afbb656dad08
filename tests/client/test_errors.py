"""Problems become exceptions by their status, with each fault in its place."""

import pytest

from steelyard.client.errors import ApiError, Conflict, InvalidRequest, JobFailed, NotFound, Unavailable, error_of


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (404, NotFound),
        (409, Conflict),
        (422, InvalidRequest),
        (503, Unavailable),
        (500, ApiError),
    ],
)
def test_a_problem_is_of_a_kind(status: int, kind: type[ApiError]) -> None:
    error = error_of({"type": "/problems/some-thing", "title": "Title", "detail": "detail", "status": status})
    assert type(error) is kind
    assert (error.status, error.slug, str(error)) == (status, "some-thing", "Title\n  detail")


def test_a_failed_job_says_why() -> None:
    assert str(JobFailed("job_1", {"title": "Diverged", "detail": "try less"})) == "job_1: Diverged: try less"
