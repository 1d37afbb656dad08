"""A job, ready to be replayed."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.datasets.reader_pool import Readers
from steelyard.errors import Conflict, NotFound
from steelyard.exports.pieces import PiecewiseTensor
from steelyard.replays import job as module
from steelyard.replays.job import open_job
from tests import trained
from tests.inference.test_batch_request import upload
from tests.replays.jobs import mixed


def test_weights_are_arranged_as_the_network_has_them(store: Engine, readers: Readers) -> None:
    made = trained.train(store, mixed())
    weights = trained.weights(store, made.id)
    found = open_job(store, readers, made.id)
    vector = found.arrange({name: PiecewiseTensor.of(tensor) for name, tensor in weights.items()})
    for name, tensor in found.network.tensors(vector).items():
        np.testing.assert_array_equal(tensor, weights[name])
    with pytest.raises(Conflict, match="columns of the data set"):
        found.arrange({})


def test_the_first_member_of_an_ensemble_is_replayed(store: Engine, readers: Readers) -> None:
    made = trained.train(store, mixed(ensemble=2))
    found = open_job(store, readers, made.id)
    assert found.prefix == "member_1."
    weights = trained.weights(store, made.id)
    vector = found.arrange({name: PiecewiseTensor.of(tensor) for name, tensor in weights.items()})
    np.testing.assert_array_equal(found.network.tensors(vector)["dense_1/kernel"], weights["member_1.dense_1/kernel"])


def test_a_job_without_its_data_is_not_found(store: Engine, readers: Readers, tmp_path: Path) -> None:
    dataset = upload(store, readers, tmp_path / "data.csv", "a,b,c\n" + "1,2,x\n3,4,y\n5,1,x\n2,8,y\n" * 5)
    made = trained.train(store, {"data": {"dataset": dataset, "target": "c"}, "layers": [2], "training": {"epochs": 1}})
    library.remove(store, dataset)
    with pytest.raises(NotFound, match="training data of job"):
        open_job(store, readers, made.id)


def test_a_large_network_is_not_replayed(store: Engine, readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    made = trained.train(store, mixed())
    monkeypatch.setattr(module, "MOST_INPUTS", 3)
    with pytest.raises(NotFound, match="encoded inputs"):
        open_job(store, readers, made.id)
    monkeypatch.setattr(module, "MOST_WEIGHTS", 10)
    with pytest.raises(NotFound, match="weights"):
        open_job(store, readers, made.id)
