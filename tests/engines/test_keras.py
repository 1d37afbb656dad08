"""The trainer against Keras 3, where PyTorch has no like: initializers, constraints, losses, Lion, schedules.

Where the rules differ, the difference is shown: by how much, and why.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from steelyard.nn.constraints import CONSTRAINTS
from steelyard.nn.initializers import INITIALIZERS, Identity, Orthogonal
from steelyard.nn.losses import (
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    Cost,
    Hinge,
    LogCosh,
    Loss,
    Poisson,
)
from steelyard.nn.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Learned,
    Lion,
    Nadam,
    RMSprop,
    Rule,
    Step,
)
from steelyard.nn.schedules import (
    CosineDecay,
    ExponentialDecay,
    PiecewiseConstant,
    PolynomialDecay,
    ReduceOnPlateau,
    Schedule,
    Time,
)
from tests.nn.networks import Array

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch", reason="PyTorch is not installed; `make test-engines` installs it")
keras = pytest.importorskip("keras", reason="Keras is not installed; `make test-engines` installs it")
torch.set_num_threads(1)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras's own, under NumPy 2
SHAPE = (250, 400)
DRAWN = [
    "random_normal", "random_uniform", "truncated_normal", "variance_scaling", "glorot_uniform", "glorot_normal",
    "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
]  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_draws_are_kerass_in_distribution(name: str) -> None:
    ours = INITIALIZERS[name]().draw(SHAPE, np.random.default_rng(1)).ravel()
    theirs = keras.ops.convert_to_numpy(keras.initializers.get(name)(SHAPE)).ravel().astype(np.float64)
    assert len(ours) == 10**5
    assert ours.var() == pytest.approx(theirs.var(), rel=0.03)
    # Not the largest: of 10⁵ draws, Keras on PyTorch leaves now and then one beyond the cut.
    bounds = [np.quantile(np.abs(draws), 0.9995) for draws in (ours, theirs)]
    assert bounds[0] == pytest.approx(bounds[1], rel=0.05)
    assert stats.ks_2samp(ours, theirs).pvalue > 1e-4


@pytest.mark.parametrize("shape", [(30, 30), (50, 20), (20, 50)])
def test_orthogonal_draws_are_orthogonal_as_kerass(shape: tuple[int, int]) -> None:
    drawn = Orthogonal().draw(shape, np.random.default_rng(0)), keras.initializers.Orthogonal()(shape)
    for kernel in (np.asarray(keras.ops.convert_to_numpy(each), np.float64) for each in drawn):
        gram = kernel.T @ kernel if shape[0] >= shape[1] else kernel @ kernel.T
        np.testing.assert_allclose(gram, np.eye(min(shape)), atol=2e-6)


@pytest.mark.parametrize("shape", [(4, 4), (2, 5), (5, 2)])
def test_the_identity_is_kerass(shape: tuple[int, int]) -> None:
    expected = keras.ops.convert_to_numpy(keras.initializers.Identity(gain=3.0)(shape))
    np.testing.assert_array_equal(Identity(gain=3.0).draw(shape, np.random.default_rng(0)), expected)


@pytest.mark.parametrize("name", CONSTRAINTS.names)
def test_constraints_are_kerass(name: str) -> None:
    kernel = np.random.default_rng(0).normal(size=(6, 5)) * 2
    expected = keras.ops.convert_to_numpy(keras.constraints.get(name)(keras.ops.convert_to_tensor(kernel)))
    CONSTRAINTS[name]().apply(kernel, np.empty_like(kernel))
    np.testing.assert_allclose(kernel, expected, rtol=1e-6)


LOSSES: list[tuple[Loss, Callable[..., Any]]] = [
    (CategoricalCrossentropy(0.1), lambda t, z: keras.losses.categorical_crossentropy(t, z, True, 0.1)),
    (
        CategoricalFocalCrossentropy(0.3, 1.5),
        lambda t, z: keras.losses.categorical_focal_crossentropy(t, z, 0.3, 1.5, from_logits=True),
    ),
    (Hinge(), keras.losses.hinge),
    (LogCosh(), keras.losses.log_cosh),
]


@pytest.mark.parametrize(("loss", "reference"), LOSSES, ids=lambda part: getattr(part, "name", ""))
def test_losses_are_kerass(loss: Loss, reference: Callable[..., Any]) -> None:
    generator = np.random.default_rng(0)
    outputs = generator.normal(size=(30, 4))
    targets: Array = generator.integers(4, size=30)
    sent: Array = np.eye(4)[targets]
    if "multiclass" not in loss.tasks:
        targets = sent = generator.integers(2, size=(30, 4)).astype(float)
    found = Cost(loss, 30, 4, outputs.dtype).value(outputs, targets)
    expected = float(np.mean(keras.ops.convert_to_numpy(reference(sent, outputs))))
    assert found == pytest.approx(expected, rel=1e-5)


def test_poisson_differs_from_kerass_by_its_epsilon_alone() -> None:
    generator = np.random.default_rng(0)
    logits, counts = generator.normal(size=(30, 2)), generator.poisson(3, size=(30, 2)).astype(float)
    found = Cost(Poisson(), 30, 2, logits.dtype).value(logits, counts)
    expected = float(np.mean(keras.ops.convert_to_numpy(keras.losses.poisson(counts, np.exp(logits)))))
    assert found == pytest.approx(expected, abs=1e-5)


def run_both(rule: Rule, reference: Any, steps: int = 200) -> float:
    """The largest difference of a weight after `steps` steps with the same gradients, relative to how far they went."""
    generator = np.random.default_rng(0)
    start = generator.normal(size=20)
    gradients = generator.normal(size=(steps, 20)) + 0.3
    weights = start.copy()
    learned, scalars = Learned(weights, np.zeros(20), {name: np.zeros(20) for name in rule.slots}), dict(rule.scalars)
    variable = keras.Variable(start, dtype="float64")
    reference.build([variable])
    for number, gradient in enumerate(gradients, start=1):
        learned.gradient[:] = gradient
        rule.update([learned], scalars, Step(number, rule.learning_rate, lambda: 0.0))
        reference.apply([keras.ops.convert_to_tensor(gradient)])
    theirs = keras.ops.convert_to_numpy(variable)
    return float(np.abs(weights - theirs).max() / np.abs(theirs - start).max())


SAME: list[tuple[Rule, Callable[[], Any]]] = [
    (SGD(0.01, momentum=0.9), lambda: keras.optimizers.SGD(0.01, momentum=0.9)),
    (SGD(0.01, momentum=0.9, nesterov=True), lambda: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True)),
    (Lion(0.001), lambda: keras.optimizers.Lion(0.001)),
    (Nadam(0.002, momentum_decay=1.0), lambda: keras.optimizers.Nadam(0.002, epsilon=1e-8)),
    (Adadelta(1.0), lambda: keras.optimizers.Adadelta(1.0, rho=0.9, epsilon=1e-6)),
    # With a large epsilon, so that it matters where it is added.
    (
        RMSprop(0.001, epsilon=1e-2, epsilon_in_root=True),
        lambda: keras.optimizers.RMSprop(0.001, rho=0.99, epsilon=1e-2),
    ),
    (Adam(0.001, epsilon=1e-2, epsilon_hat=True), lambda: keras.optimizers.Adam(0.001, epsilon=1e-2)),
    (
        Adagrad(0.01, epsilon=1e-2, initial_accumulator_value=0.1, epsilon_in_root=True),
        lambda: keras.optimizers.Adagrad(0.01, initial_accumulator_value=0.1, epsilon=1e-2),
    ),
]
DIFFERENT: list[tuple[Rule, Callable[[], Any], float]] = [
    # Keras adds its epsilon inside the root, or before the bias is corrected.
    (RMSprop(0.001), lambda: keras.optimizers.RMSprop(0.001, rho=0.99, epsilon=1e-8), 1e-5),
    (Adam(0.001), lambda: keras.optimizers.Adam(0.001, epsilon=1e-8), 1e-6),
    (Adamax(0.002), lambda: keras.optimizers.Adamax(0.002, epsilon=1e-8), 1e-6),
    (Adagrad(0.01), lambda: keras.optimizers.Adagrad(0.01, initial_accumulator_value=0.0, epsilon=1e-10), 1e-6),
    # Keras rounds the factor of the decay to single precision.
    (AdamW(0.001), lambda: keras.optimizers.AdamW(0.001, weight_decay=0.01, epsilon=1e-8), 1e-4),
    # Keras's momentum grows 250 times as fast: it is our rule with a momentum_decay of 1, which is among the same.
    (Nadam(0.002), lambda: keras.optimizers.Nadam(0.002, epsilon=1e-8), 5e-2),
]


@pytest.mark.parametrize(("rule", "reference"), SAME, ids=lambda part: str(part) if isinstance(part, Rule) else "")
def test_optimizers_that_have_kerass_rule_end_where_it_does(rule: Rule, reference: Callable[[], Any]) -> None:
    assert run_both(rule, reference()) < 1e-5  # Keras keeps its rate and its betas in single precision


@pytest.mark.parametrize(("rule", "reference", "bound"), DIFFERENT, ids=[rule.name for rule, _, _ in DIFFERENT])
def test_optimizers_whose_rule_differs_stay_near_kerass(rule: Rule, reference: Callable[[], Any], bound: float) -> None:
    assert run_both(rule, reference()) < bound


STEPS, AN_EPOCH = 200, 10
SCHEDULES: list[tuple[Schedule, Callable[[], Any]]] = [
    (ExponentialDecay(0.9), lambda: keras.optimizers.schedules.ExponentialDecay(0.1, AN_EPOCH, 0.9)),
    (
        PolynomialDecay(8.0, 0.01, 2.0),
        lambda: keras.optimizers.schedules.PolynomialDecay(0.1, 8 * AN_EPOCH, 0.01, 2.0),
    ),
    (CosineDecay(15.0, 0.1), lambda: keras.optimizers.schedules.CosineDecay(0.1, 15 * AN_EPOCH, 0.1)),
    (
        CosineDecay(12.0, 0.1, warmup_epochs=3.0),
        lambda: keras.optimizers.schedules.CosineDecay(
            0.0, 12 * AN_EPOCH, 0.1, warmup_target=0.1, warmup_steps=3 * AN_EPOCH
        ),
    ),
    (
        CosineDecay(4.0, restarts=True, t_mul=2.0, m_mul=0.5),
        lambda: keras.optimizers.schedules.CosineDecayRestarts(0.1, 4 * AN_EPOCH, 2.0, 0.5),
    ),
]


@pytest.mark.parametrize(
    ("schedule", "reference"), SCHEDULES, ids=lambda part: str(part) if isinstance(part, Schedule) else ""
)
def test_schedules_are_kerass_at_every_step(schedule: Schedule, reference: Callable[[], Any]) -> None:
    theirs = reference()
    for step in range(STEPS):
        ours = schedule.rate(0.1, Time(step, AN_EPOCH, STEPS // AN_EPOCH), {})
        assert ours == pytest.approx(float(keras.ops.convert_to_numpy(theirs(step))), rel=1e-4, abs=1e-7), step


def test_a_boundary_belongs_to_what_comes_after_it_and_in_keras_to_what_comes_before() -> None:
    ours = PiecewiseConstant((5.0,), (0.1, 0.01))
    theirs = keras.optimizers.schedules.PiecewiseConstantDecay([50], [0.1, 0.01])
    at = [ours.rate(1.0, Time(step, AN_EPOCH, 20), {}) for step in (49, 50, 51)]
    assert at == [0.1, 0.01, 0.01]
    assert [float(keras.ops.convert_to_numpy(theirs(step))) for step in (49, 50, 51)] == pytest.approx([0.1, 0.1, 0.01])


def test_plateaus_are_found_where_keras_finds_them() -> None:
    generator = np.random.default_rng(0)
    losses = np.maximum.accumulate(generator.normal(size=60))[::-1] + 0.05 * generator.normal(size=60)
    schedule = ReduceOnPlateau("loss", 0.5, patience=3, min_delta=0.01, cooldown=2, min_learning_rate=0.004)
    state = schedule.start()
    callback = keras.callbacks.ReduceLROnPlateau("loss", 0.5, 3, min_delta=0.01, cooldown=2, min_lr=0.004)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        schedule.observe({"loss": float(loss)}, state)
        callback.on_epoch_end(epoch, {"loss": float(loss)})
        theirs = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
        assert schedule.rate(0.1, Time(0, 1, 1), state) == pytest.approx(theirs), epoch
