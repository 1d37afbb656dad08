"""The units of a layer on the probe."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.errors import NotFound, ValidationFailed
from steelyard.replays import units
from steelyard.replays.schema import LayerUnits
from steelyard.replays.service import Replayer
from steelyard.store.engine import reading
from steelyard.training.recorded import load_recording
from tests import trained
from tests.replays.jobs import mixed, noisy, residual
from tests.traces.jobs import plain, rows


def describe(replayer: Replayer, job: str, layer: str, **asked: Any) -> LayerUnits:
    return replayer.describe_units(job, layer, **{"epoch": None, "unit": None} | asked)


@pytest.mark.parametrize("document", [noisy(), mixed(), plain(activation="relu", initializer="zeros")])
def test_flags_and_moments_are_those_of_the_recording(
    store: Engine, replayer: Replayer, document: dict[str, Any]
) -> None:
    job = trained.train(store, document)
    with reading(store) as connection:
        recording = load_recording(connection, job.id)
    assert recording is not None
    found = describe(replayer, job.id, "dense_1")
    at = {epoch: place for place, epoch in enumerate(recording.epochs.tolist())}
    for each in found.epochs:
        place = at[each.epoch]
        for flag in ("dead", "dormant", "saturated"):
            flags = [getattr(unit, flag) for unit in each.units]
            share = recording.of_layer("dense_1", flag)[place]
            assert (flags == [None] * len(flags)) if np.isnan(share) else (np.mean(flags) == pytest.approx(share))
        means = np.mean([unit.mean for unit in each.units])
        assert means == pytest.approx(recording.of_layer("dense_1", "output_mean")[place], rel=1e-4, abs=1e-6)


def test_weights_bear_the_names_of_encoded_columns(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, mixed())
    found = describe(replayer, job.id, "dense_1", epoch=4)
    assert found.inputs is not None
    assert {"age", "country=DE", "country is unknown"} < {*found.inputs}
    kernel = trained.weights(store, job.id, "epoch-4" if job.stopping is None else "final")["dense_1/kernel"]
    assert kernel.shape == (len(found.inputs), 5)
    described = np.array([unit.weights for unit in found.epochs[0].units]).T
    assert described.shape == kernel.shape
    output = describe(replayer, job.id, "output", epoch=4)
    assert output.inputs == [f"unit {number}" for number in range(5)]
    assert [unit.name for unit in output.epochs[0].units] == ["class yes rather than no"]
    assert len(output.epochs[0].input_std) == 5


def test_bins_are_shared_by_all_epochs(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, mixed())
    every, one = describe(replayer, job.id, "dense_1"), describe(replayer, job.id, "dense_1", epoch=1, unit=2)
    assert every.edges == one.edges
    assert [[unit.unit for unit in each.units] for each in one.epochs] == [[2]]
    assert one.epochs[0].units[0] == every.epochs[1].units[2]
    in_bins = np.array([unit.histogram for each in every.epochs for unit in each.units]).sum(axis=0)
    assert in_bins[0] > 0  # the bins reach from the least output to the largest
    assert in_bins[-1] > 0
    assert all(sum(unit.histogram) == every.rows for each in every.epochs for unit in each.units)


def test_the_outputs_of_the_last_layer_are_activated(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, plain(data=rows("binary"), task="binary"))
    found = describe(replayer, job.id, "output")
    assert 0 <= found.edges[0] < found.edges[-1] <= 1


def test_layers_without_a_kernel_and_inside_blocks(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, noisy())
    unit = describe(replayer, job.id, "batch_normalization_1", epoch=0).epochs[0].units[0]
    assert (unit.weights, unit.bias, unit.dead) == (None, None, None)
    inner = describe(replayer, trained.train(store, residual()).id, "residual_1.dense_1", epoch=0)
    assert [len(each.weights or ()) for each in inner.epochs[0].units] == [4] * 4


def test_wrong_layers_and_units_are_named(store: Engine, replayer: Replayer, monkeypatch: pytest.MonkeyPatch) -> None:
    job = trained.train(store, plain())
    with pytest.raises(NotFound, match="did you mean 'dense_1'"):
        describe(replayer, job.id, "dense_11")
    with pytest.raises(ValidationFailed, match="from 0 to 3"):
        describe(replayer, job.id, "dense_1", unit=4)
    monkeypatch.setattr(units, "MOST_NUMBERS", 150)
    with pytest.raises(ValidationFailed) as caught:
        describe(replayer, job.id, "dense_1")
    assert caught.value.faults[0].parameter == "epoch"
    assert describe(replayer, job.id, "dense_1", epoch=1).epochs
    monkeypatch.setattr(units, "MOST_NUMBERS", 100)
    with pytest.raises(ValidationFailed) as caught:
        describe(replayer, job.id, "dense_1", epoch=1)
    assert caught.value.faults[0].parameter == "unit"
    assert describe(replayer, job.id, "dense_1", epoch=1, unit=0).epochs
