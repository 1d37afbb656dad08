"""What the rules about the size of steps have in common, as tests of one of them."""

from dataclasses import dataclass, replace
from typing import Any

from steelyard.diagnostics.recording.record import Recording
from steelyard.diagnostics.rules import RULES
from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import check_patch, find, run, spec

NOTHING = float("nan")


def updates(ratio: float) -> Recording:
    """Steps of one size; those of the output layer are a tenth of it."""
    return recording(update_ratio={"dense_1": [NOTHING, *[ratio] * 3], "output": [NOTHING, *[ratio / 10] * 3]})


@dataclass(frozen=True)
class Steps:
    """A rule about steps: a `bad` size and a `good` one, its threshold, and the first size `beyond` it."""

    code: str
    rate: float
    bad: float
    good: float
    threshold: float
    beyond: float

    def count(self, kept: Recording | None, *, value: float = 0.4, **fields: Any) -> int:
        """How many findings a run has whose metric is `value`."""
        return len(find(self.code, run(spec(**fields), value=value, recording=kept)))

    def check_that_a_worse_network_gets_the_usual_rate(self) -> None:
        over = run(spec(optimizer={"name": "adam", "learning_rate": self.rate}), value=0.4, recording=updates(self.bad))
        [finding] = find(self.code, over)
        assert (finding.layer, finding.value) == ("dense_1", self.bad)
        assert check_patch(over, finding)["optimizer"]["learning_rate"] == 0.001
        assert self.count(updates(self.bad), value=0.95) == 0
        assert self.count(updates(self.good)) == 0
        assert self.count(None) == 0

    def check_the_threshold(self) -> None:
        assert self.count(updates(self.threshold)) == 0
        [finding] = find(self.code, run(spec(), value=0.4, recording=updates(self.beyond)))
        assert finding.threshold == self.threshold

    def check_that_only_kernels_that_learn_are_meant(self) -> None:
        kept = updates(self.bad)
        frozen = [replace(each, trainable=False) for each in kept.layout.tensors]
        biases = [replace(each, name=each.name.replace("kernel", "bias")) for each in kept.layout.tensors]
        others = [replace(kept, layout=replace(kept.layout, tensors=tuple(tensors))) for tensors in (frozen, biases)]
        early = replace(kept, epochs=kept.epochs[:1], tensors=kept.tensors[:1])
        for found in (*others, early, updates(NOTHING), updates(0.0)):
            assert self.count(found) == 0
        assert self.count(kept, optimizer="lbfgs") == 0

    def check_that_it_runs_at_the_end_with_a_recording(self) -> None:
        rule, kept = RULES[self.code](), updates(self.bad)
        assert rule.can_run(run(spec(), recording=kept))
        assert not rule.can_run(run(spec(), recording=kept, is_over=False))
        assert not rule.can_run(run(spec()))

    def check_that_two_epochs_are_enough_and_the_first_has_no_step(self) -> None:
        for ratios, count in (([NOTHING, self.bad], 1), ([self.bad, self.good], 0)):
            kept = recording(update_ratio={"dense_1": [*ratios, 0.0, 0.0]})
            assert self.count(replace(kept, epochs=kept.epochs[:2], tensors=kept.tensors[:2])) == count
