"""Variants side by side: each as it is alone."""

import pytest

from steelyard.errors import Diverged
from steelyard.nn.activations import Relu
from steelyard.nn.layers import Dense, Dropout, LayerNormalization
from steelyard.nn.optimizers import SGD, Adam
from steelyard.nn.training.loop import Training
from steelyard.nn.training.variants import train_together
from tests.nn.networks import finish, make_training


def variants() -> list[Training]:
    hidden = (Dense(6, Relu()), Dropout(0.2))
    compiled = [make_training(hidden, optimizer=Adam(rate), seed=seed) for seed in range(3) for rate in (0.1, 0.001)]
    return [*compiled, make_training((LayerNormalization(),), seed=9)]


@pytest.mark.parametrize("workers", [1, 3, None])
def test_each_variant_ends_with_the_bits_that_it_has_alone(workers: int | None) -> None:
    together, alone = variants(), variants()
    found = train_together(together, workers=workers)
    assert found == [finish(training) for training in alone]
    for mine, theirs in zip(together, alone, strict=True):
        assert mine.network.parameters.tobytes() == theirs.network.parameters.tobytes()


def test_a_variant_that_diverges_is_told_when_all_have_ended() -> None:
    steady = make_training()
    wild = make_training((Dense(6, Relu()),), optimizer=SGD(1e200), epochs=50)
    with pytest.raises(Diverged):
        train_together([wild, steady])
    assert steady.epoch == steady.epochs


def test_no_variants_are_no_work() -> None:
    assert train_together([]) == []
