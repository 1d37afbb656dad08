"""What is drawn in a step is drawn again in every look at it."""

import numpy as np

from steelyard.nn.rng import Streams
from steelyard.traces.draws import record, replay


def test_a_replay_gives_what_was_drawn_in_any_dtype() -> None:
    streams, log = record(Streams.spawn(4))
    plain = Streams.spawn(4)
    single = np.empty((3, 2), np.float32)
    streams.dropout.random(out=single, dtype=single.dtype)
    value = streams.noise.standard_normal()
    np.testing.assert_array_equal(single, plain.dropout.random((3, 2), np.float32))
    assert value == plain.noise.standard_normal()
    again = replay(log)
    double = np.empty((3, 2))
    assert again.dropout.random(out=double) is double
    np.testing.assert_array_equal(double, single)
    assert again.noise.standard_normal() == value


def test_a_record_keeps_copies() -> None:
    streams, log = record(Streams.spawn(0))
    out = np.empty(3)
    streams.dropout.random(out=out)
    out[:] = 0
    assert log["dropout"][0].all()
