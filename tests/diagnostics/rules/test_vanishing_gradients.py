"""Gradients that vanish on their way back are named."""

from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import changes, check_patch, find, run, spec

DEEP = spec(activation="sigmoid")


def norms(first: float) -> object:
    return recording(gradient_norm={"dense_1": [first] * 4, "dense_2": [0.1] * 4, "output": [1.0] * 4})


def test_a_first_layer_with_a_small_gradient_is_named() -> None:
    over = run(DEEP, value=0.4, recording=norms(1e-5))
    [finding] = find("vanishing_gradients", over)
    assert (finding.level, finding.epoch, finding.value) == ("warning", 0, 1e-5)
    assert "is 1e-05 times that of the last layer" in finding.message
    assert check_patch(over, finding)["layers"][0]["activation"]["name"] == "relu"
    [finding] = find("vanishing_gradients", run(DEEP, recording=norms(1e-5)))
    assert finding.level == "info"


def test_a_deep_network_is_chosen_again() -> None:
    over = run(spec(activation="sigmoid", layers=[8] * 10), value=0.4, recording=norms(1e-5))
    [finding] = find("vanishing_gradients", over)
    assert len(check_patch(over, finding)["layers"]) == 2


def test_usual_gradients_dead_layers_and_jobs_without_a_recording_have_none() -> None:
    assert find("vanishing_gradients", run(DEEP, value=0.4, recording=norms(0.01))) == []
    assert find("vanishing_gradients", run(DEEP, value=0.4, recording=norms(0.0))) == []
    assert find("vanishing_gradients", run(DEEP, value=0.4)) == []


def test_the_patch_changes_hidden_layers_alone() -> None:
    layers = [{"type": "dense", "units": 8}, {"type": "activation", "activation": "tanh"}]
    [finding] = find("vanishing_gradients", run(spec(activation="sigmoid", layers=[8] * 4), recording=norms(1e-5)))
    paths = [path for path, _ in changes(finding)]
    assert paths == [
        *(f"/layers/{at}/activation" for at in range(4)),
        *(f"/layers/{at}/initializer" for at in range(4)),
    ]
    [finding] = find("vanishing_gradients", run(spec(activation="sigmoid", layers=[8] * 5), recording=norms(1e-5)))
    assert changes(finding)[0] == ("/layers", None)
    [finding] = find("vanishing_gradients", run(spec(activation="sigmoid", layers=layers), recording=norms(1e-5)))
    assert ("/layers/1/activation", {"name": "relu"}) in changes(finding)
    assert finding.threshold == 0.001


def test_a_thousandth_is_not_yet_vanishing() -> None:
    assert find("vanishing_gradients", run(DEEP, recording=norms(1.0 / 1000))) == []
    assert len(find("vanishing_gradients", run(DEEP, recording=norms(0.00099)))) == 1
