"""The loop: the same bits twice, from any state on; stopping, freezing, divergence."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from steelyard.errors import Diverged, InvalidParameter
from steelyard.nn.activations import ACTIVATIONS, Relu, Sigmoid, Softmax, Tanh
from steelyard.nn.clipping import ByGlobalNorm, ByNorm, ByValue, GradientClip
from steelyard.nn.evaluation import Evaluation
from steelyard.nn.initializers import Constant
from steelyard.nn.layers import BatchNormalization, Dense, Dropout, GaussianNoise, Layer, LayerNormalization, Residual
from steelyard.nn.losses import BinaryCrossentropy, CategoricalCrossentropy
from steelyard.nn.metrics import Accuracy
from steelyard.nn.network import Network
from steelyard.nn.optimizers import LBFGS, OPTIMIZERS, SGD, Adam, Optimizer
from steelyard.nn.regularizers import L2
from steelyard.nn.rng import Streams
from steelyard.nn.schedules import SCHEDULES, PiecewiseConstant, ReduceOnPlateau, Schedule
from steelyard.nn.training.early_stopping import EarlyStopping
from steelyard.nn.training.loop import Batch, Epoch, Training
from tests.nn.networks import ROWS, data, finish, make_training

HIDDEN = (Dense(6, Tanh(), regularizer=L2(0.01)), Dropout(0.3), Dense(5, Relu()))
STEADY = (Dense(6, Tanh(), regularizer=L2(0.01)), LayerNormalization(), Dense(5, Relu()))


def hidden_for(optimizer: Optimizer) -> tuple[Layer, ...]:
    return STEADY if isinstance(optimizer, LBFGS) else HIDDEN


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", [part() for part in OPTIMIZERS], ids=lambda part: part.name)
def test_same_seed_gives_the_same_bytes(optimizer: Optimizer, dtype: str) -> None:
    first, second = (make_training(hidden_for(optimizer), optimizer=optimizer, dtype=dtype) for _ in range(2))
    assert finish(first) == finish(second)
    assert first.network.parameters.tobytes() == second.network.parameters.tobytes()


def test_another_seed_gives_other_weights() -> None:
    first, second = make_training(seed=1), make_training(seed=2)
    assert first.network.parameters.tobytes() != second.network.parameters.tobytes()


LAYERS = st.one_of(
    st.builds(
        Dense, st.integers(1, 6), st.sampled_from([part() for part in ACTIVATIONS if part.name != "exponential"])
    ),
    st.sampled_from([Dropout(0.3), GaussianNoise(0.2), LayerNormalization(), BatchNormalization(momentum=0.8)]),
    st.just(Residual((Dense(4, Tanh()), BatchNormalization()))),
)
MONITOR = "loss"
RULES = [*(part() for part in OPTIMIZERS if part is not LBFGS), SGD(momentum=0.9), Adam(amsgrad=True)]
GIVEN = {
    PiecewiseConstant: PiecewiseConstant((2.0,), (0.01, 0.001)),
    ReduceOnPlateau: ReduceOnPlateau(monitor=MONITOR, patience=1),
}
EVERY_SCHEDULE = [GIVEN.get(part) or part() for part in SCHEDULES]


@given(
    stop=st.integers(0, 30),
    hidden=st.lists(LAYERS, max_size=4).map(tuple),
    optimizer=st.sampled_from(RULES),
    schedule=st.sampled_from([None, *EVERY_SCHEDULE]),
    clip=st.sampled_from([None, ByGlobalNorm(0.5), ByNorm(0.1), ByValue(0.01)]),
    weighted=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_going_on_from_any_state_ends_with_the_same_bytes(
    stop: int,
    hidden: tuple[Layer, ...],
    optimizer: Optimizer,
    schedule: Schedule | None,
    clip: GradientClip | None,
    weighted: bool,
) -> None:
    weights = np.random.default_rng(0).uniform(0, 2, ROWS) if weighted else None
    options: dict[str, Any] = {"optimizer": optimizer, "epochs": 7, "schedule": schedule, "gradient_clip": clip}
    options |= {"early_stopping": EarlyStopping(MONITOR, patience=3), "weights": weights}
    check_resuming(hidden, stop, options)


@pytest.mark.parametrize("stop", range(8))
def test_a_line_search_goes_on_from_any_state_too(stop: int) -> None:
    check_resuming(STEADY, stop, {"optimizer": LBFGS(history_size=3), "epochs": 6})


def check_resuming(hidden: tuple[Layer, ...], stop: int, options: dict[str, Any]) -> None:
    whole = make_training(hidden, **options)
    expected = list(whole.run())
    cut = make_training(hidden, **options)
    events = cut.run()
    seen = [event for _, event in zip(range(stop), events, strict=False)]
    resumed = make_training(hidden, seed=99, **options)
    resumed.restore(cut.state())
    assert seen + list(resumed.run()) == expected
    assert resumed.network.parameters.tobytes() == whole.network.parameters.tobytes()
    assert resumed.best_epoch == whole.best_epoch


def test_every_row_is_seen_once_an_epoch_and_the_last_batch_is_smaller() -> None:
    events = list(make_training(epochs=1, batch_size=16, compiled=False).run())
    assert [event for event in events if isinstance(event, Batch)] == [Batch(1, i, 3) for i in (1, 2, 3)]
    assert isinstance(events[-1], Epoch)


def test_a_batch_larger_than_the_data_is_all_of_it() -> None:
    assert Batch(1, 1, 1) in make_training(epochs=1, batch_size=10_000).run()


def test_loss_without_learning_is_that_of_the_evaluation() -> None:
    hidden = tuple(Dense(4, Tanh(), trainable=False, regularizer=L2(0.1)) for _ in range(2))
    training = make_training(hidden, optimizer=SGD(1e-12), epochs=1, batch_size=7, metrics=[Accuracy()])
    [epoch] = finish(training)
    x, y = data()
    expected = Evaluation(training.network, CategoricalCrossentropy(), x, y, metrics=[Accuracy()]).measure()
    assert epoch.values["loss"] == pytest.approx(expected["loss"])
    assert epoch.values["accuracy"] == pytest.approx(expected["accuracy"])


def test_training_learns() -> None:
    epochs = finish(make_training(epochs=60, optimizer=Adam(0.02), metrics=[Accuracy()]))
    assert epochs[-1].values["loss"] < 0.2 * epochs[0].values["loss"]
    assert epochs[-1].values["accuracy"] > 0.95


def test_a_frozen_layer_keeps_its_bits() -> None:
    training = make_training((Dense(6, Tanh(), trainable=False), Dense(5, Tanh())))
    finish(training)
    final = training.network.tensors()
    for name, tensor in training.initial.items():
        assert (tensor.tobytes() == final[name].tobytes()) == name.startswith("dense_1")


def test_dropout_leaves_the_order_of_rows_alone() -> None:
    orders = []
    for hidden in ((Dense(6, Tanh()),), (Dense(6, Tanh()), Dropout(0.5))):
        training = make_training(hidden, epochs=1)
        finish(training)
        orders.append(training.state()["order"].tolist())
    assert orders[0] == orders[1]


def test_early_stopping_ends_with_the_best_weights() -> None:
    x, y = data(seed=5)
    stopping = EarlyStopping("val_loss", patience=3)
    training = make_training(epochs=500, optimizer=Adam(0.1), validation=(x, y), early_stopping=stopping)
    epochs = finish(training)
    losses = [epoch.values["val_loss"] for epoch in epochs]
    assert len(losses) < 500
    assert training.best_epoch == int(np.argmin(losses)) + 1 == len(losses) - 3
    measured = Evaluation(training.network, CategoricalCrossentropy(), x, y, metrics=[]).measure()
    assert measured["loss"] == pytest.approx(min(losses))


def test_early_stopping_knows_that_accuracy_should_rise() -> None:
    stopping = EarlyStopping("accuracy", patience=2)
    training = make_training(epochs=300, optimizer=Adam(0.05), metrics=[Accuracy()], early_stopping=stopping)
    epochs = finish(training)
    accuracies = [epoch.values["accuracy"] for epoch in epochs]
    assert accuracies[training.best_epoch - 1] == max(accuracies)


def test_divergence_keeps_finite_weights_and_names_the_layer() -> None:
    training = make_training((Dense(6, Relu()),), optimizer=SGD(1e200), epochs=50)
    with np.errstate(all="ignore"), pytest.raises(Diverged, match=r"(dense_1|output).*learning rate"):
        finish(training)
    assert np.isfinite(training.network.parameters).all()


def test_a_loss_refuses_an_output_activation_that_it_does_not_know() -> None:
    with pytest.raises(InvalidParameter, match="softmax"):
        make_training(output=Tanh())


@pytest.mark.parametrize(
    ("name", "x", "y", "weights"),
    [
        ("x", np.zeros((9, 5)), np.zeros(9, int), None),
        ("y", np.zeros((9, 4)), np.zeros(8, int), None),
        ("y", np.zeros((9, 4)), np.zeros((9, 2)), None),
        ("weights", np.zeros((9, 4)), np.zeros(9, int), np.ones(10)),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(name: str, x: Any, y: Any, weights: Any) -> None:
    network = Network([Dense(3, Softmax())], inputs=4)
    options: dict[str, Any] = {"epochs": 1, "batch_size": 4, "streams": Streams.spawn(0), "weights": weights}
    with pytest.raises(InvalidParameter, match="has the shape") as refused:
        Training(network, CategoricalCrossentropy(), Adam(), x, y, **options)
    assert [fault.pointer for fault in refused.value.faults] == [f"/{name}"]


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.uint8])
def test_arrays_of_other_types_are_read_as_what_they_say(kind: Any) -> None:
    x, y = data(dtype="float32")
    found = []
    for arrays in ((x, y), (x.astype(np.float64), y.astype(kind))):
        streams = Streams.spawn(0)
        network = Network([Dense(5, Relu()), Dense(3, Softmax())], inputs=4)
        network.initialize(streams.initialization)
        finish(Training(network, CategoricalCrossentropy(), Adam(), *arrays, epochs=2, batch_size=16, streams=streams))
        found.append(network.parameters.tobytes())
    assert found[0] == found[1]


def test_equal_weights_stay_equal() -> None:
    training = make_training((Dense(6, Tanh(), Constant(0.3)),), output_initializer=Constant(0.3), epochs=20)
    finish(training)
    kernel = training.network.tensors()["dense_1/kernel"]
    np.testing.assert_allclose(kernel, kernel[:, :1] * np.ones(6), rtol=1e-9)


def test_binary_outputs_are_scored_at_one_half() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    x = StandardScaler().fit_transform(x).astype(np.float32)
    streams = Streams.spawn(0)
    network = Network([Dense(8, Relu()), Dense(1, Sigmoid())], inputs=30)
    network.initialize(streams.initialization)
    targets = y.astype(np.float32)[:, None]
    options = {"epochs": 20, "batch_size": 32, "streams": streams, "metrics": [Accuracy()]}
    epochs = finish(Training(network, BinaryCrossentropy(), Adam(0.01), x, targets, **options))  # type: ignore[arg-type]
    assert epochs[-1].values["accuracy"] > 0.97
    assert ((network.predict(x)[:, 0] > 0.5) == y).mean() > 0.97


def test_held_out_accuracy_is_scikit_learns_within_its_spread() -> None:
    x, y = load_digits(return_X_y=True)
    parts = train_test_split((x / 16).astype(np.float32), y.astype(np.int64), test_size=0.3, random_state=0)
    x_train, x_test, y_train, y_test = parts
    ours, theirs = [], []
    for seed in range(4):
        streams = Streams.spawn(seed)
        network = Network([Dense(32, Relu()), Dense(10, Softmax())], inputs=64)
        network.initialize(streams.initialization)
        options = {"epochs": 25, "batch_size": 32, "streams": streams}
        finish(Training(network, CategoricalCrossentropy(), Adam(), x_train, y_train, **options))  # type: ignore[arg-type]
        ours.append((network.predict(x_test).argmax(axis=1) == y_test).mean())
        model = MLPClassifier((32,), batch_size=32, max_iter=25, alpha=0, tol=0, n_iter_no_change=99, random_state=seed)
        with pytest.warns(match="Maximum iterations"):
            model.fit(x_train, y_train)
        theirs.append(model.score(x_test, y_test))
    assert np.mean(ours) >= min(theirs) - np.std(theirs)


@pytest.mark.parametrize("compiled", [True, False])
def test_the_weights_before_the_last_step_of_watched_epochs_are_kept(compiled: bool) -> None:
    options: dict[str, Any] = {"hidden": HIDDEN, "epochs": 4, "compiled": compiled}
    alone, watched = make_training(**options), make_training(**options)
    watched.watch_last_steps((1, 3))
    kept = {}
    for event in watched.run():
        if isinstance(event, Epoch) and watched.before_last_step is not None:
            kept[event.epoch] = watched.before_last_step.copy()
    assert [*kept] == [1, 3, 4]  # and the last one
    assert finish(alone)[-1].values["loss"] > 0
    assert alone.network.parameters.tobytes() == watched.network.parameters.tobytes()
    steps = make_training(**options)
    steps._steps.stride = 1
    seen = {}
    for _ in steps.run():
        seen[steps.step] = steps.network.parameters.copy()
    an_epoch = steps.step // 4
    for epoch, before in kept.items():
        np.testing.assert_array_equal(before, seen[epoch * an_epoch - 1])


def test_the_epoch_that_may_be_the_last_is_watched() -> None:
    stopping = EarlyStopping("loss", patience=3, min_delta=100)
    training = make_training(epochs=50, early_stopping=stopping)
    training.watch_last_steps(())
    finish(training)
    assert training.epoch == 4
    assert training.before_last_step is not None


@pytest.mark.parametrize("compiled", [True, False])
def test_a_state_between_the_last_step_and_the_end_of_an_epoch_has_the_weights_before(compiled: bool) -> None:
    first, second = make_training(compiled=compiled), make_training(compiled=compiled)
    for training in (first, second):
        training.watch_last_steps((1,))
    for event in first.run():
        if isinstance(event, Batch) and event.index == event.batches:
            break
    second.restore(first.state())
    assert isinstance(next(second.run()), Epoch)
    assert second.before_last_step is not None
    assert first._before_last_step is not None
    np.testing.assert_array_equal(second.before_last_step, first._before_last_step)
