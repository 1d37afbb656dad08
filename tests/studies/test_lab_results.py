"""The sentences of a lab."""

import pytest

from steelyard.studies.comparison import Measure
from steelyard.studies.lab_results import _describe, _rank, _verdict
from steelyard.studies.schema import LabEnd, LayerGain

LOSS = Measure("validation", "rmse")


def gains(*forward: float | None) -> list[LayerGain]:
    names = [*(f"dense_{number}" for number in range(1, len(forward))), "output"]
    return [LayerGain(layer=name, forward=value, backward=1.0) for name, value in zip(names, forward, strict=True)]


def end(mean: float | None, *, failed: int = 0) -> LabEnd:
    return LabEnd(seeds=3, mean=mean, standard_error=0.01, failed=failed)


@pytest.mark.parametrize(
    ("forward", "words"),
    [
        ([0.98, 1.03, 9.0], "x: the signal is kept, with a forward gain of 0.98 to 1.03 per layer."),
        ([0.7, 0.7, 0.1], "x: the signal is kept, with a forward gain of 0.70 per layer."),
        (
            [0.25, 0.25, 1.0],
            "x: the signal is lost, with a forward gain of 0.25 per layer: 6.2% of it is left after 2 layers.",
        ),
        (
            [0.35, 0.68, 0.76, 1.0],
            "x: the signal becomes smaller, with a forward gain of 0.35 to 0.76 per layer: 18% of it is left after 3 "
            "layers.",
        ),
        (
            [4.0, 1.0],
            "x: the signal becomes larger, with a forward gain of 4.00 per layer: 4 times after 1 layer.",
        ),
        (
            [4.0, 5.0, 1.0],
            "x: the signal blows up, with a forward gain of 4.00 to 5.00 per layer: 20 times after 2 layers.",
        ),
        (
            [0.0, None, 1.0],
            "x: the signal is lost, with a forward gain of 0.00 per layer: 0% of it is left after 2 layers.",
        ),
        ([None, 1.0], "x: no gain is recorded yet."),
    ],
)
def test_the_signal_is_followed_through_the_hidden_layers(forward: list[float | None], words: str) -> None:
    assert _describe("x", gains(*forward), ["dense"] * len(forward)) == words


def test_layers_that_are_not_dense_have_no_part_in_it() -> None:
    assert _describe("x", gains(1.0, 0.01, 1.0), ["dense", "dropout", "dense"]).startswith("x: the signal is kept")


def test_a_start_of_which_jobs_failed_ranks_behind_those_of_which_none_did() -> None:
    ends = {"a": end(0.1, failed=1), "b": end(0.5), "c": end(0.4), "d": end(None, failed=3)}
    assert _rank(ends, LOSS) == {"c": 1, "b": 2, "a": 3}
    assert _rank({"a": end(0.1), "b": end(0.5)}, Measure("validation", "accuracy")) == {"b": 1, "a": 2}


def test_the_verdict_is_one_sentence() -> None:
    ends = {name: end(0.5) for name in "abcd"}
    alike = {"a": True, "b": True, "c": False, "d": False}
    begin = "Best validation rmse: a (0.5 ± 0.01, mean and standard error over 3 seeds)"
    assert _verdict("succeeded", LOSS, ends, "a", alike) == (
        f"{begin}; the seeds cannot tell b apart from it; c and d do worse."
    )
    assert _verdict("succeeded", LOSS, {"a": ends["a"]}, "a", {"a": True}) == f"{begin}."
    assert _verdict("running", LOSS, ends, None, {}) == "The jobs have not all ended."
    assert _verdict("failed", LOSS, ends, None, {}) == "No job came to its end."
