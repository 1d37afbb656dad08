"""What the compiled forms of layers have in common: every layer with a form has one, and weights move in pieces."""

import pytest

from steelyard.nn.engines.compiled import layers as compiled_layers
from steelyard.nn.engines.compiled import steps
from steelyard.nn.engines.compiled.layers import base, dense
from steelyard.nn.layers import LAYERS, Dense
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.optimizers import SGD
from tests.nn.engines.compiled.test_steps import INPUTS, output_for, train


def test_the_layers_that_run_compiled_are_those_with_a_form() -> None:
    assert compiled_layers.Form is base.Form
    assert {*base.FORMS} == {layer for layer in LAYERS if layer.compiled}


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_weight_is_moved_by_one_thread(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    monkeypatch.setattr(base, "BLOCK", 64)
    monkeypatch.setattr(dense, "FEWEST_INPUTS", 1)
    training = train([Dense(50), output_for(MeanSquaredError())], MeanSquaredError(), SGD(), threads=threads)
    programs = training._steps._programs
    moved = [[block.span for block in program._mine(list(program.layers.blocks()))] for program in programs]
    assert [len(spans) > 0 for spans in moved] == [True] * threads
    spans = [span for each in moved for span in each]
    assert [span.start for span in spans] == [0, *(span.stop for span in spans[:-1])]
    assert spans[-1].stop == training.network.parameters.size
    assert len(spans) > INPUTS + 1
