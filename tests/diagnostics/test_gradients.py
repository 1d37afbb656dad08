"""How gradients differ from layer to layer."""

from steelyard.diagnostics.gradients import first_to_last
from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import run, spec


def test_the_first_kernel_is_compared_with_the_last_in_each_epoch() -> None:
    norms = recording(gradient_norm={"dense_1": [1.0, 0.5, 0.0, 2.0], "output": [2.0, 2.0, 1.0, float("nan")]})
    assert [*first_to_last(run(spec(), recording=norms))] == [(0, 0.5), (1, 0.25)]
    assert [*first_to_last(run(spec()))] == []
