"""How good a network is on a split."""

from functools import partial

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.training.assemble import draw_network, prepare, spawn_streams
from steelyard.training.judging import judge
from steelyard.training.sources import load_data
from tests import trained


def test_numbers_are_judged_in_the_units_of_the_target(store: Engine) -> None:
    rows = np.arange(30)
    job = {"data": {"inline": {"x": [[float(n)] for n in rows], "y": (rows * 100.0).tolist()}}, "layers": []}
    plan = trained.read(store, job)
    streams = spawn_streams(plan.spec)
    supervised = load_data(plan.spec, plan.inline, partial(library.load_table, store))
    prepared = prepare(plan.spec, supervised, streams[0])
    network = draw_network(plan.spec, prepared, streams)
    for tensor in network.tensors().values():
        tensor[...] = 0
    part = prepared.parts["validation"]
    predictions, metrics = judge(plan.spec, network, "validation", part, prepared)
    mean = prepared.supervised.y[prepared.parts["train"].rows].mean()
    np.testing.assert_allclose(predictions.predictions, mean, rtol=1e-5)
    assert metrics["mae"] == pytest.approx(np.abs(predictions.targets - mean).mean())
    assert metrics["loss"] is not None
    assert (predictions.split, [*predictions.rows]) == ("validation", [*part.ids])
