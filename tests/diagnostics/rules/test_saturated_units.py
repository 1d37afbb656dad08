"""Units in the flat part of their activation are counted."""

from typing import Any

from steelyard.diagnostics.rules import RULES
from tests.diagnostics.recordings import recording
from tests.diagnostics.rules.data_runs import find_with
from tests.diagnostics.runs import changes, run, spec

TANH = [{"type": "dense", "units": 8, "activation": "tanh"}]


def flat(count: int) -> dict[str, object]:
    return {"dense_1/bias": [100.0] * count + [0.0] * (8 - count)}


def test_half_of_a_layer_is_named() -> None:
    [finding] = find_with("saturated_units", layers=TANH, tensors=flat(4), value=0.4)
    assert (finding.level, finding.layer, finding.value) == ("warning", "dense_1", 0.5)
    assert "4 of the 8 units of dense_1 are saturated: tanh is flat" in finding.message
    [finding] = find_with("saturated_units", layers=TANH, tensors=flat(4), value=0.95)
    assert finding.level == "info"


def test_a_few_are_none() -> None:
    assert find_with("saturated_units", layers=TANH, tensors=flat(3), value=0.4) == []


def test_the_patch_makes_sums_smaller() -> None:
    job: dict[str, Any] = {"optimizer": {"name": "adam", "learning_rate": 0.01}, "bias": {"name": "ones"}}
    layers = [TANH[0] | {"initializer": "he_normal"}]
    [finding] = find_with("saturated_units", layers=layers, tensors=flat(8), preprocessing={"numeric": "none"}, **job)
    assert changes(finding) == [
        ("/layers/0/initializer", {"name": "glorot_uniform"}),
        ("/layers/0/bias_initializer", {"name": "zeros"}),
        ("/output/bias_initializer", {"name": "zeros"}),
        ("/preprocessing/numeric", "standard"),
        ("/optimizer/learning_rate", 0.001),
    ]
    usual: dict[str, Any] = {"optimizer": {"name": "adam"}, "bias": {"name": "ones"}}
    [finding] = find_with("saturated_units", layers=layers, tensors=flat(8), **usual)
    assert len(changes(finding)) == 3
    assert (finding.value, finding.threshold, finding.epoch) == (1, 0.5, 20)


def test_the_data_or_a_recording_is_enough() -> None:
    rule = RULES["saturated_units"]()
    assert not rule.can_run(run(spec()))
    assert rule.can_run(run(spec(), recording=recording(saturated={"dense_1": [0.9] * 4})))


def test_one_unit_of_eight_is_enough_for_a_tenth() -> None:
    [finding] = find_with("saturated_units", layers=TANH, tensors=flat(1), parameters={"fraction": 0.1})
    assert finding.value == 0.125


def test_every_layer_is_looked_at() -> None:
    [finding] = find_with("saturated_units", layers=TANH * 2, tensors={"dense_2/bias": [100.0] * 8})
    assert finding.layer == "dense_2"
