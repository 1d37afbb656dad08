"""Histograms over the epochs, in shared bins."""

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.errors import NotFound
from steelyard.replays.service import Replayer
from tests import trained
from tests.replays.jobs import mixed


def test_every_epoch_is_counted_in_the_same_bins(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, mixed())
    found = replayer.count_tensor(job.id, "dense_1/kernel", of="weights", bins=12)
    kernels = {each: trained.weights(store, job.id, each)["dense_1/kernel"] for each in ("initial", "final")}
    assert len(found.edges) == 13
    first = np.histogram(kernels["initial"], np.array(found.edges))[0].tolist()
    assert (found.epochs[0].epoch, found.epochs[0].counts) == (0, first)
    assert {sum(each.counts) for each in found.epochs} == {kernels["final"].size}


def test_gradients_and_outputs_are_counted_too(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, mixed())
    gradients = replayer.count_tensor(job.id, "dense_1/kernel", of="gradients", bins=10)
    values = replayer.differentiate(job.id, "dense_1/kernel", epoch=None, index=None).values
    assert gradients.edges[0] == pytest.approx(values.min())
    assert gradients.edges[-1] == pytest.approx(values.max())
    outputs = replayer.count_outputs(job.id, "dense_1", bins=10)
    units = replayer.describe_units(job.id, "dense_1", epoch=None, unit=None)
    assert (outputs.edges[0], outputs.edges[-1]) == (units.edges[0], units.edges[-1])
    assert sum(outputs.epochs[0].counts) == 5 * units.rows


def test_what_is_not_there_is_not_found(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, mixed())
    with pytest.raises(NotFound):
        replayer.count_tensor(job.id, "dense_7/kernel", of="weights", bins=10)
    with pytest.raises(NotFound):
        replayer.count_outputs(job.id, "dense_7", bins=10)
