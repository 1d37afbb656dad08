"""Units in the flat part of their activation are counted."""

from tests.diagnostics.rules.data_runs import find_with

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
