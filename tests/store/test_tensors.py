"""Weights as rows."""

import hashlib
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from steelyard.store import tensors
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Snapshot, Tensor
from tests.jobs.test_ledger import submit

VALUES: dict[str, Any] = {
    "b/kernel": np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32),
    "a/bias": np.array([1.5, -2.0]),
    "c/turned": np.arange(6.0).reshape(2, 3).T,
}


@pytest.mark.parametrize("bytes_at_once", [0, 50, 1 << 20])
def test_tensors_come_back_in_order_with_their_bytes(
    engine: Engine, bytes_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensors, "BYTES_AT_ONCE", bytes_at_once)
    job_id = submit(engine)
    with writing(engine) as connection:
        tensors.save(connection, job_id, "final", epoch=7, values=VALUES)
        tensors.save(connection, job_id, "initial", epoch=0, values={"a/bias": np.zeros(2)})
    with reading(engine) as connection:
        loaded = tensors.load(connection, job_id, "final")
        found = tensors.find(connection, job_id, "final")
        assert [*tensors.load(connection, job_id, "final", name="a/bias")] == ["a/bias"]
        assert [*tensors.find(connection, job_id, "final", name="a/bias")] == ["a/bias"]
        assert tensors.load(connection, job_id, "best") == {}
        [epoch, sha256] = connection.execute(
            select(Snapshot.epoch, Snapshot.sha256).where(Snapshot.name == "final")
        ).one()
        assert connection.execute(select(func.count()).select_from(Tensor)).scalar_one() == 4
    assert [*loaded] == [*found] == [*VALUES]
    for name, value in VALUES.items():
        assert loaded[name].tobytes() == value.tobytes()
        assert (loaded[name].dtype, loaded[name].shape) == (value.dtype, value.shape)
        piecewise, sha = found[name]
        assert b"".join(piecewise.pieces()) == value.tobytes()
        assert sha == hashlib.sha256(value.tobytes()).hexdigest()
    assert epoch == 7
    assert (
        sha256 == tensors.digest(VALUES) == hashlib.sha256(b"".join(v.tobytes() for v in VALUES.values())).hexdigest()
    )
