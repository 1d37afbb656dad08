"""How gradients differ from layer to layer."""

from dataclasses import replace

from steelyard.diagnostics.gradients import first_to_last
from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import run, spec


def test_the_first_kernel_is_compared_with_the_last_in_each_epoch() -> None:
    norms = recording(gradient_norm={"dense_1": [1.0, 0.5, 0.0, 2.0], "output": [2.0, 2.0, 1.0, float("nan")]})
    assert [*first_to_last(run(spec(), recording=norms))] == [(0, 0.5), (1, 0.25)]
    assert [*first_to_last(run(spec()))] == []


def test_epochs_without_a_gradient_of_the_last_kernel_are_dropped() -> None:
    norms = recording(gradient_norm={"dense_1": [1.0, 0.5, 1.0, 2.0], "output": [2.0, 0.0, 1.0, 2.0]})
    assert [*first_to_last(run(spec(), recording=norms))] == [(0, 0.5), (2, 1.0), (4, 1.0)]


def test_two_kernels_are_compared_and_one_is_not() -> None:
    norms = recording(gradient_norm={"dense_1": [1.0] * 4, "dense_2": [2.0] * 4})
    two, one = (replace(norms, layout=replace(norms.layout, tensors=norms.layout.tensors[:count])) for count in (2, 1))
    assert [*first_to_last(run(spec(), recording=two))] == [(0, 0.5), (1, 0.5), (2, 0.5), (4, 0.5)]
    assert [*first_to_last(run(spec(), recording=one))] == []
