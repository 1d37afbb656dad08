"""Several networks that answer as one."""

import numpy as np
import pytest

from steelyard.nn.activations import ACTIVATIONS, Tanh
from steelyard.nn.ensemble import Ensemble
from steelyard.nn.layers import Dense
from steelyard.nn.network import Network

X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)


def ensemble(activation: str, dtype: str = "float32") -> Ensemble:
    members = [
        Network([Dense(4, Tanh()), Dense(2, ACTIVATIONS[activation]())], inputs=3, dtype=dtype) for _ in range(3)
    ]
    for seed, member in enumerate(members):
        member.initialize(np.random.default_rng(seed))
    return Ensemble(members)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "exponential", "linear", "tanh"])
def test_its_outputs_are_the_mean_of_those_of_its_members(activation: str) -> None:
    several = ensemble(activation)
    mean = np.mean([member.predict(X) for member in several.members], axis=0, dtype=np.float64)
    np.testing.assert_allclose(several.predict(X), mean, rtol=1e-6)
    if activation not in ("linear", "tanh"):
        np.testing.assert_allclose(several.activate(several.compute(X, logits=True)), mean, rtol=1e-6)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "exponential"])
def test_a_rows_bits_do_not_depend_on_the_other_rows(activation: str) -> None:
    several = ensemble(activation)
    for logits in (False, True):
        together = several.compute(X, logits=logits)
        alone = [several.compute(X[place : place + 1], logits=logits) for place in range(len(X))]
        assert together.tobytes() == np.concatenate(alone).tobytes()


def test_its_tensors_are_views_of_those_of_its_members_named_by_member() -> None:
    several = ensemble("softmax")
    names = [
        f"member_{number}.{layer}/{kind}"
        for number in (1, 2, 3)
        for layer in ("dense_1", "output")
        for kind in ("kernel", "bias")
    ]
    assert [*several.tensors()] == [*several.specs()] == names
    assert [place.name for place in several.places][:3] == ["member_1.dense_1", "member_1.output", "member_2.dense_1"]
    assert several.size == sum(tensor.size for tensor in several.tensors().values())
    several.tensors()["member_2.output/bias"][...] = 7
    assert (several.members[1].tensors()["output/bias"] == 7).all()
    assert not (several.members[0].tensors()["output/bias"] == 7).any()
