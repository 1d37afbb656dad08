"""A thread's calls: what it keeps alive, and where it waits for others."""

import pytest

from steelyard.nn.engines.compiled import steps
from steelyard.nn.engines.compiled.driver import MEET
from steelyard.nn.layers import BatchNormalization
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.optimizers import SGD
from tests.nn.engines.compiled.test_steps import output_for, train


@pytest.mark.parametrize(("threads", "meetings"), [(1, 0), (2, 2), (3, 2)])
def test_threads_wait_for_each_other_equally_often_and_one_alone_never(
    threads: int, meetings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    layers = [BatchNormalization(), output_for(MeanSquaredError())]
    found = train(layers, MeanSquaredError(), SGD(), threads=threads)._steps._calls
    assert [int((over_rows[:, 0] == MEET).sum()) for over_rows, _ in found] == [meetings] * threads
