"""Units without a slope, from the recording of a run."""

from steelyard.diagnostics.learning import StuckLayer
from steelyard.diagnostics.stuck import find_stuck
from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import find, run, spec


def test_shares_of_the_last_epoch_are_counts_of_units() -> None:
    series = recording(dead={"dense_1": [0, 0, 0, 0.75]}, saturated={"dense_2": [0.5, 0.5, 0.5, float("nan")]})
    over = run(spec(), value=0.4, recording=series)
    assert find_stuck(over) == {
        "dense_1": StuckLayer("relu", 8, 200, 6, 0),
        "dense_2": StuckLayer("relu", 8, 200, 0, 0),
    }
    [finding] = find("dead_units", over)
    assert (finding.layer, finding.value) == ("dense_1", 0.75)
    assert find_stuck(run(spec())) == {}
