"""What the rules about the size of initial weights have in common, as tests of one of them."""

from dataclasses import dataclass
from typing import Any

from steelyard.diagnostics.diagnosis import chosen
from steelyard.diagnostics.gains import total_gain
from steelyard.diagnostics.rules import RULES
from steelyard.diagnostics.schema import Finding
from tests.diagnostics.runs import changes, check_patch, drawn, find, kernels, run, spec

FROM_A_MODEL = {"initial_weights": {"model": "mdl_1", "strict": False, "optimizer_state": False}}


def tensors(scale: float) -> dict[str, Any]:
    """Kernels of the usual size, but the first one times `scale`."""
    return kernels(dense_1=drawn(40, 80, scale=scale), dense_2=drawn(80, 80), output=drawn(80, 3))


@dataclass(frozen=True)
class Gains:
    """A rule about initial weights: a `bad` scale, and a factor by which a threshold is just missed."""

    code: str
    bad: float
    just_missed: float

    def find(self, scale: float, **fields: Any) -> list[Finding]:
        """What the rule finds in a job that draws its weights at random."""
        job = spec(initializer={"name": "random_normal", "stddev": 1.0})
        return find(self.code, run(job, initial=tensors(scale), **fields))

    def check_that_it_is_a_warning_where_the_network_did_not_learn(self) -> None:
        [finding] = self.find(self.bad, value=0.4)
        assert (finding.level, finding.layer, finding.epoch) == ("warning", "dense_1", 0)
        [finding] = self.find(self.bad)
        assert finding.level == "info"

    def check_that_usual_weights_and_those_of_a_model_are_not_meant(self) -> None:
        assert self.find(1.0, value=0.4) == []
        assert find(self.code, run(spec(), value=0.4)) == []
        assert find(self.code, run(spec() | FROM_A_MODEL, initial=tensors(self.bad))) == []

    def check_that_the_patch_draws_the_hidden_layers_again(self) -> None:
        over = run(spec(initializer={"name": "random_normal", "stddev": 1.0}), initial=tensors(self.bad))
        [finding] = find(self.code, over)
        assert [path for path, _ in changes(finding)] == ["/layers/0/initializer", "/layers/1/initializer"]
        assert check_patch(over, finding)["layers"][0]["initializer"] == {"name": "he_normal"}

    def check_that_a_rate_far_below_the_usual_one_is_raised(self) -> None:
        for rate, raised in ((0.0003, [("/optimizer/learning_rate", 0.001)]), (0.0004, [])):
            job = spec(optimizer={"name": "adam", "learning_rate": rate}, initializer="ones")
            [finding] = find(self.code, run(job, initial=tensors(self.bad)))
            assert changes(finding)[2:] == raised
            assert finding.suggestion.endswith("and the usual learning rate.") == bool(raised)

    def check_the_threshold(self) -> None:
        over = run(spec(), initial=tensors(self.bad))
        gain, _ = total_gain(over)
        for threshold, count in ((gain, 0), (gain * self.just_missed, 1)):
            [rule] = chosen({each.name: each.name == self.code and {"gain": threshold} for each in RULES})
            assert len([*rule.find(over)]) == count
