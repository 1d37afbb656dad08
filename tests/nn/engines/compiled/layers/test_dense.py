"""Compiled dense layers against NumPy's, whichever way their products are made."""

import pytest

from steelyard.nn.activations import Relu, Tanh
from steelyard.nn.engines.compiled import steps
from steelyard.nn.engines.compiled.layers import dense
from steelyard.nn.layers import Dense, Dropout, GaussianNoise
from steelyard.nn.losses import CategoricalCrossentropy
from steelyard.nn.metrics import Accuracy
from steelyard.nn.optimizers import Adam
from tests.nn.engines.compiled.test_steps import check_same, output_for


@pytest.mark.parametrize("way", ["pays_to_turn", "pays_to_take_stretches", "pays_to_copy", "is_large", None])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_shape_of_network_is_the_same_in_any_number_of_threads(
    threads: int, way: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    monkeypatch.setattr(dense, "largest_tile", lambda: 60)
    for each in ("pays_to_turn", "pays_to_take_stretches", "pays_to_copy", "is_large"):
        monkeypatch.setattr(dense, each, lambda *_, pays=each == way, **__: pays)
    loss = CategoricalCrossentropy()
    for hidden in (
        [],
        [Dropout(0.4), Dense(6, Relu())],
        [GaussianNoise(0.3), Dense(6, Relu(), use_bias=False), Dropout(0.2), Dense(5, Tanh())],
        [Dense(6, Tanh(), trainable=False), Dense(5, Tanh())],
        [Dense(6, Tanh()), Dense(5, Tanh(), trainable=False), Dropout(0.0)],
    ):
        check_same([*hidden, output_for(loss)], loss, Adam(), threads=threads, metrics=[Accuracy()])
