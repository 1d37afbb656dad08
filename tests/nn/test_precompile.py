"""What is made ahead is all that trainings call."""

from typing import Any

import pytest

from steelyard.diagnostics.recording.layers import MOST_COMPARED
from steelyard.diagnostics.recording.probe import Moment, Probe
from steelyard.nn import precompile
from steelyard.nn.activations import PRelu, Tanh
from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.constraints import CONSTRAINTS
from steelyard.nn.engines.compiled import build, statistics, steps
from steelyard.nn.engines.compiled.layers import dense
from steelyard.nn.layers import LAYERS, Dense, Dropout, Embedding, GaussianNoise, Residual
from steelyard.nn.losses import LOSSES, Loss, MeanSquaredError
from steelyard.nn.metrics import Mae
from steelyard.nn.optimizers import OPTIMIZERS, Adam, Rule
from steelyard.nn.regularizers import REGULARIZERS
from steelyard.nn.rng import probe_stream
from tests.nn.engines.compiled.test_steps import output_for, train
from tests.nn.engines.test_support import NEEDED
from tests.nn.test_one_hot import inputs, trained

RULES = [part() for part in OPTIMIZERS if issubclass(part, Rule)]


@pytest.mark.parametrize("way", ["pays_to_turn", "pays_to_take_stretches", None])
def test_no_kernel_is_left_to_be_made_by_a_training(way: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_made", {})
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    for _ in precompile.make_all():
        pass
    ahead = set(build._made)
    for each in ("pays_to_turn", "pays_to_take_stretches"):
        monkeypatch.setattr(dense, each, lambda *_, pays=each == way, **__: pays)
    options: dict[str, Any] = {"threads": 2, "epochs": 1}
    loss: Loss
    for loss in (part() for part in LOSSES):
        train([Dense(6, Tanh()), output_for(loss)], loss, Adam(), weighted=True, **options)
    for kind in LAYERS:
        layer: Any = NEEDED.get(kind.name) or kind()
        train([layer, output_for(loss)], loss, Adam(), **options)
    train([Dense(2), Embedding((1,), (3,), 2), output_for(loss)], loss, Adam(), **options)
    train([Residual((Dense(2),)), output_for(loss)], loss, Adam(), **options)
    for first in (Dense(2), Dropout(0.5)):
        trained(inputs(2, (3,), "float32"), [first], threads=2)
    hidden = [GaussianNoise(0.1), Dropout(0.5), *(Dense(3, regularizer=part()) for part in REGULARIZERS)]
    hidden += [Dense(3, PRelu(), constraint=part()) for part in CONSTRAINTS]
    layers, loss = [*hidden, output_for(MeanSquaredError())], MeanSquaredError()
    for rule in RULES:
        train(layers, loss, rule, **options)
    train([Dense(3), Dropout(0.5), output_for(loss)], loss, Adam(), metrics=[Mae()], **options)
    for clip in GRADIENT_CLIPS:
        train(layers, loss, Adam(), gradient_clip=clip(1.0), **options)
    assert set(build._made) - ahead == set()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_function_is_left_to_be_made_by_a_recording(dtype: str) -> None:
    precompile._make_others()
    of_arrays = statistics.mean_and_std, statistics.take_directions, statistics.count_alike
    functions = [statistics.sum_up, statistics.order, *of_arrays]
    ahead = [len(function.signatures) for function in functions]
    layers = [Embedding((1,), (3,), 2), Dense(MOST_COMPARED + 1, Tanh()), Dense(1)]
    training = train(layers, MeanSquaredError(), Adam(), dtype=dtype)
    probe = Probe.of(training, probe_stream(0))
    initial, weights = training.vectors["initial"], training.network.parameters
    for before in (None, initial):
        probe.record_all([Moment(1, weights, before), Moment(2, weights, before)], initial=initial)
    assert [len(function.signatures) for function in functions] == ahead
