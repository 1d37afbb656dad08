"""Steps that are too small next to the weights are named."""

import pytest

from tests.diagnostics.recordings import recording
from tests.diagnostics.rules.updates import NOTHING, Steps, updates
from tests.diagnostics.runs import changes, find, run, spec

STEPS = Steps("updates_too_small", rate=1e-6, bad=1e-8, good=1e-4, threshold=1e-6, beyond=9.9e-7)


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


@pytest.mark.parametrize(
    ("rate", "limits", "changed", "suggestion"),
    [
        (
            0.001,
            ["gradient_clip"],
            ["/training/gradient_clip"],
            "a larger learning rate, and remove training.gradient_clip.",
        ),
        (1e-5, ["schedule"], ["/training/schedule", "/optimizer/learning_rate"], "and remove training.schedule."),
        (
            0.001,
            ["gradient_clip", "schedule"],
            ["/training/gradient_clip", "/training/schedule"],
            "and remove training.gradient_clip and training.schedule.",
        ),
        (0.001, [], ["/optimizer/learning_rate"], "Use a larger learning rate."),
    ],
)
def test_clipping_and_schedules_that_make_steps_small_are_removed(
    rate: float, limits: list[str], changed: list[str], suggestion: str
) -> None:
    values = {"gradient_clip": {"norm": 1e-6}, "schedule": {"name": "exponential", "gamma": 0.1}}
    training = {name: values[name] for name in limits}
    job = spec(optimizer={"name": "adam", "learning_rate": rate}, training=training)
    [finding] = find("updates_too_small", run(job, value=0.4, recording=updates(1e-8)))
    assert [path for path, _ in changes(finding)] == changed
    assert finding.suggestion.endswith(suggestion)


def test_a_single_kernel_is_compared_with_no_others() -> None:
    alone = recording(update_ratio={"output": [NOTHING, 1e-8, 1e-8, 1e-8]})
    [finding] = find("updates_too_small", run(spec(), value=0.4, recording=alone))
    assert finding.message == "A step changes the kernel of output by 1e-08 of its length; about 0.001 is healthy."
    [finding] = find("updates_too_small", run(spec(), value=0.4, recording=updates(1e-8)))
    assert "of its length, those of other layers by less; about" in finding.message
