"""A checkpoint holds all that the rest of a run depends on, through bytes and back."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.nn.optimizers import OPTIMIZERS, Optimizer
from steelyard.nn.schedules import ReduceOnPlateau
from steelyard.nn.training.early_stopping import EarlyStopping
from steelyard.nn.training.loop import Batch, Epoch
from steelyard_worker.checkpoint import (
    BYTES_A_SECOND,
    EPOCH_SECONDS,
    FIRST_SECONDS,
    LONGEST_SECONDS,
    SHARE,
    Cadence,
    Saved,
    from_bytes,
    to_bytes,
)
from tests.nn.networks import make_training
from tests.nn.training.test_loop import hidden_for


@given(stop=st.integers(0, 16), optimizer=st.sampled_from([part() for part in OPTIMIZERS]))
@settings(max_examples=25, deadline=None)
def test_a_run_goes_on_from_bytes_with_the_same_bits(stop: int, optimizer: Optimizer) -> None:
    options: dict[str, Any] = {"optimizer": optimizer, "early_stopping": EarlyStopping("loss", patience=3)}
    if optimizer.name != "lbfgs":
        options["schedule"] = ReduceOnPlateau("loss", patience=1)
    whole, cut, resumed = (make_training(hidden_for(optimizer), seed=n // 2, **options) for n in range(3))
    expected = list(whole.run())
    seen = [event for _, event in zip(range(stop), cut.run(), strict=False)]
    content = to_bytes(Saved(cut.state(), 1.5, {"numpy": "2"}))
    saved = from_bytes(content)
    assert (saved.train_seconds, saved.fingerprint) == (1.5, {"numpy": "2"})
    resumed.restore(saved.state)
    assert seen + list(resumed.run()) == expected
    assert resumed.network.parameters.tobytes() == whole.network.parameters.tobytes()
    assert to_bytes(saved) == content


def test_a_training_knows_what_its_state_has() -> None:
    training = make_training()
    arrays = [each for each in training.state().values() if isinstance(each, np.ndarray)]
    arrays += training.state()["slots"].values()
    assert training.state_bytes == sum(each.nbytes for each in arrays)


def test_the_first_checkpoint_takes_a_small_share_too(monkeypatch: Any) -> None:
    clock = [100.0]
    monkeypatch.setattr("steelyard_worker.checkpoint.time.monotonic", lambda: clock[0])
    large, huge = Cadence(10_000_000), Cadence(10**12)
    clock[0] += SHARE * 10_000_000 / BYTES_A_SECOND - 0.01
    assert not large.is_due(Epoch(1, {}))
    clock[0] += 0.02
    assert large.is_due(Epoch(1, {}))
    assert not huge.is_due(Epoch(1, {}))
    clock[0] = 100.0 + LONGEST_SECONDS
    assert huge.is_due(Epoch(1, {}))


def test_arrays_are_not_shared_with_the_training() -> None:
    training = make_training()
    content = to_bytes(Saved(training.state(), 0.0, {}))
    list(training.run())
    before = from_bytes(content).state["parameters"]
    assert not np.array_equal(before, training.network.parameters)


def test_checkpoints_are_due_after_a_while_and_take_a_small_share(monkeypatch: Any) -> None:
    clock = [100.0]
    monkeypatch.setattr("steelyard_worker.checkpoint.time.monotonic", lambda: clock[0])
    cadence = Cadence(100_000)
    batch, epoch = Batch(1, 1, 2), Epoch(1, {})
    assert not cadence.is_due(epoch)
    clock[0] += FIRST_SECONDS + 0.01
    assert cadence.is_due(epoch)
    cadence.took(seconds=0.001)
    assert not cadence.is_due(epoch)
    clock[0] += EPOCH_SECONDS + 0.01
    assert cadence.is_due(epoch)
    assert not cadence.is_due(batch)
    clock[0] += LONGEST_SECONDS
    assert cadence.is_due(batch)
    cadence.took(seconds=1.0)
    clock[0] += SHARE - 1
    assert not cadence.is_due(epoch)
    clock[0] += 1
    assert cadence.is_due(epoch)
