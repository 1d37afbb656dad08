"""Units that hardly answer are named."""

from steelyard.diagnostics.rules import RULES
from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import find, run, spec


def test_most_of_a_layer_is_named_with_the_epoch_in_which_it_began() -> None:
    over = run(spec(), value=0.4, recording=recording(dormant={"dense_2": [0.1, 0.2, 0.7, 0.9]}))
    [finding] = find("dormant_units", over)
    assert (finding.level, finding.layer, finding.epoch, finding.value) == ("warning", "dense_2", 2, 0.9)
    assert finding.message.startswith("90% of the 8 units of dense_2 hardly answer")


def test_a_few_units_dead_units_and_the_output_are_not_meant() -> None:
    assert find("dormant_units", run(spec(), recording=recording(dormant={"dense_2": [0.5] * 4}))) == []
    dead = recording(dormant={"dense_2": [0.9] * 4}, dead={"dense_2": [0.9] * 4})
    assert find("dormant_units", run(spec(), recording=dead)) == []
    assert find("dormant_units", run(spec(), recording=recording(dormant={"output": [0.9] * 4}))) == []
    assert find("dormant_units", run(spec())) == []


def test_the_share_at_the_end_counts() -> None:
    half = recording(dormant={"dense_2": [0.1, 0.9, 0.9, 0.6]}, dead={"dense_2": [0.9, 0.9, 0.5, 0.5]})
    [finding] = find("dormant_units", run(spec(), recording=half))
    assert (finding.level, finding.value, finding.epoch, finding.threshold) == ("info", 0.6, 1, 0.6)
    rule = RULES["dormant_units"]()
    assert rule.can_run(run(spec(), recording=half))
    assert not rule.can_run(run(spec(), recording=half, is_over=False))
    assert not rule.can_run(run(spec()))
