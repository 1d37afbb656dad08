"""Jobs, read as they were submitted."""

import pytest
from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import NotFound
from steelyard.training.stored import load_job
from tests import trained
from tests.traces.jobs import plain


def test_the_job_comes_with_its_rows(store: Engine, readers: Readers) -> None:
    job = trained.train(store, plain())
    found = load_job(store, readers, job.id)
    assert found.inline is not None
    assert (found.parameters, found.spec.task) == (21, "regression")
    with pytest.raises(NotFound):
        load_job(store, readers, "job_x")
