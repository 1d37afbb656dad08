"""Units that are zero for every row are counted."""

import pytest

from steelyard.diagnostics.rules import RULES
from tests.diagnostics.recordings import recording
from tests.diagnostics.rules.data_runs import find_with
from tests.diagnostics.runs import changes, run, spec


def dead(count: int) -> dict[str, object]:
    """A layer of eight units, some of them dead by their bias."""
    return {"dense_1/bias": [-100.0] * count + [0.0] * (8 - count)}


@pytest.mark.parametrize(("count", "level"), [(8, "warning"), (4, "warning"), (3, None)])
def test_half_of_a_layer_is_named(count: int, level: str | None) -> None:
    found = find_with("dead_units", tensors=dead(count), value=0.4)
    assert [finding.level for finding in found] == ([] if level is None else [level])
    for finding in found:
        assert f"{count} of the 8 units of dense_1 are dead" in finding.message
        assert finding.patch


def test_a_network_that_learned_well_has_no_warning() -> None:
    [finding] = find_with("dead_units", tensors=dead(5), value=0.95)
    assert finding.level == "info"


def test_the_fraction_can_be_changed() -> None:
    assert len(find_with("dead_units", tensors=dead(3), value=0.4, parameters={"fraction": 0.3})) == 1


def test_the_patch_lets_no_unit_die() -> None:
    layers = [{"type": "dense", "units": 8, "activation": "relu"}, {"type": "dense", "units": 4, "activation": "tanh"}]
    [finding] = find_with("dead_units", tensors=dead(8), layers=layers, value=0.4, optimizer={"name": "adam"})
    assert (finding.value, finding.threshold, finding.layer) == (1, 0.5, "dense_1")
    assert changes(finding) == [("/layers/0/activation", {"name": "leaky_relu"})]  # biases are zeros, the rate is usual
    fast = {"name": "adam", "learning_rate": 0.01}
    [finding] = find_with(
        "dead_units",
        tensors=dead(8),
        value=0.4,
        optimizer=fast,
        preprocessing={"numeric": "none"},
        bias={"name": "ones"},
    )
    assert changes(finding) == [
        ("/layers/0/bias_initializer", {"name": "zeros"}),
        ("/layers/0/activation", {"name": "leaky_relu"}),
        ("/output/bias_initializer", {"name": "zeros"}),
        ("/optimizer/learning_rate", 0.001),
        ("/preprocessing/numeric", "standard"),
    ]


def test_the_data_or_a_recording_is_enough() -> None:
    rule = RULES["dead_units"]()
    assert not rule.can_run(run(spec()))
    assert rule.can_run(run(spec(), recording=recording(dead={"dense_1": [0.9] * 4})))


def test_one_unit_of_eight_is_enough_for_a_tenth() -> None:
    assert len(find_with("dead_units", tensors=dead(1), value=0.4, parameters={"fraction": 0.1})) == 1
    assert find_with("dead_units", tensors=dead(0), value=0.4, parameters={"fraction": 0.1}) == []


def test_every_layer_is_looked_at() -> None:
    [finding] = find_with("dead_units", layers=[8, 8], tensors={"dense_2/bias": [-100.0] * 8})
    assert finding.layer == "dense_2"
