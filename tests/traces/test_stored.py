"""What a trace takes from a stored job."""

import pytest
from sqlalchemy import Engine

from steelyard.errors import ValidationFailed
from steelyard.traces.schema import TraceOfJob
from steelyard.traces.stored import load_weights
from tests import trained
from tests.traces.jobs import plain


def test_the_optimizers_state_belongs_to_the_last_epoch(store: Engine) -> None:
    job = trained.train(store, plain(optimizer="adam"))
    first = load_weights(store, TraceOfJob(job=job.id))
    assert (first.epoch, first.optimizer) == (0, None)
    last = load_weights(store, TraceOfJob(job=job.id, epoch=1))
    assert last.optimizer is not None
    assert (last.epoch, last.optimizer.steps) == (1, 1)
    assert {*last.tensors} == {"dense_1/kernel", "dense_1/bias", "output/kernel", "output/bias"}
    with pytest.raises(ValidationFailed):
        load_weights(store, TraceOfJob(job=job.id, snapshot="optimizer"))
