"""The gradient of the probe's loss by each weight."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.errors import NotFound, ValidationFailed
from steelyard.replays import gradients
from steelyard.replays.service import Replayer
from steelyard.store.engine import reading
from steelyard.training.recorded import load_recording
from tests import trained
from tests.replays.jobs import mixed, noisy
from tests.traces.jobs import plain


@pytest.mark.parametrize("document", [noisy(), mixed(), mixed(ensemble=2), plain(training={"epochs": 3})])
def test_they_have_the_norms_that_were_recorded(store: Engine, replayer: Replayer, document: dict[str, Any]) -> None:
    job = trained.train(store, document)
    with reading(store) as connection:
        recording = load_recording(connection, job.id)
    assert recording is not None
    for tensor in recording.layout.tensors:
        found = replayer.differentiate(job.id, tensor.name, epoch=None, index=None)
        recorded = dict(zip(recording.epochs.tolist(), recording.of_tensor(tensor.name, "gradient_norm"), strict=True))
        for epoch, values in zip(found.epochs, found.values, strict=True):
            norm = np.sqrt(np.square(values, dtype=np.float64).sum())
            np.testing.assert_allclose(norm, recorded[epoch], rtol=1e-6)


def test_changes_lead_from_one_stored_epoch_to_the_next(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, plain(training={"epochs": 4}))
    found = replayer.differentiate(job.id, "dense_1/kernel", epoch=None, index=None)
    assert np.isnan(found.changes[0]).all()
    first, last = (trained.weights(store, job.id, name)["dense_1/kernel"] for name in ("initial", "final"))
    np.testing.assert_allclose(first + found.changes[1:].sum(axis=0), last, rtol=1e-5)
    one = replayer.differentiate(job.id, "dense_1/kernel", epoch=2, index=None)
    np.testing.assert_array_equal(one.changes[0], found.changes[2])
    edge = replayer.differentiate(job.id, "dense_1/kernel", epoch=None, index="1,3")
    np.testing.assert_array_equal(edge.values, found.values[:, 1, 3])


def test_a_frozen_tensor_has_none(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, plain(layers=[{"units": 4, "trainable": False}, 3]))
    assert np.isnan(replayer.differentiate(job.id, "dense_1/kernel", epoch=1, index=None).values).all()
    assert np.isfinite(replayer.differentiate(job.id, "dense_2/kernel", epoch=1, index=None).values).all()


def test_what_is_not_there_is_refused(store: Engine, replayer: Replayer, monkeypatch: pytest.MonkeyPatch) -> None:
    job = trained.train(store, plain())
    with pytest.raises(NotFound, match="did you mean 'dense_1/kernel'"):
        replayer.differentiate(job.id, "dense_1/kernels", epoch=None, index=None)
    with pytest.raises(ValidationFailed, match="0,0"):
        replayer.differentiate(job.id, "dense_1/kernel", epoch=None, index="9,9")
    monkeypatch.setattr(gradients, "MOST_VALUES", 5)
    with pytest.raises(ValidationFailed, match="2 epochs of 12 weights"):
        replayer.differentiate(job.id, "dense_1/kernel", epoch=None, index=None)
    assert replayer.differentiate(job.id, "dense_1/kernel", epoch=None, index="0,0").epochs == [0, 1]
