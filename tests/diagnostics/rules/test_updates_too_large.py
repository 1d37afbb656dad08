"""Steps that are too large next to the weights are named."""

from tests.diagnostics.rules.updates import Steps

STEPS = Steps("updates_too_large", rate=1.0, bad=0.5, good=0.01, threshold=0.1, beyond=0.1001)


def test_the_largest_ratio_is_named_where_a_baseline_is_better() -> None:
    STEPS.check_that_a_worse_network_gets_the_usual_rate()


def test_a_ratio_at_the_threshold_is_none() -> None:
    STEPS.check_the_threshold()


def test_kernels_that_are_frozen_and_line_searches_are_not_meant() -> None:
    STEPS.check_that_only_kernels_that_learn_are_meant()


def test_it_runs_at_the_end_where_there_is_a_recording() -> None:
    STEPS.check_that_it_runs_at_the_end_with_a_recording()


def test_two_epochs_are_enough_and_the_first_has_no_step() -> None:
    STEPS.check_that_two_epochs_are_enough_and_the_first_has_no_step()
