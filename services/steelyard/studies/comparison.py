"""Whether one way to train does better than another, by pairs of jobs that differ in nothing else.

The jobs of a pair have the same seed, so the same rows, the same order of them, and the same draws. What remains is
the difference that the change makes, and its spread over the seeds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import stdtrit

from steelyard.nn.metrics import METRICS

Verdict = Literal["helped", "no_difference", "worse"]
CONFIDENCE = 0.95  # one-sided
LEAST_LOSS, LEAST_SCORE = 0.01, 0.005  # less is no difference that anybody needs: 1 % of a loss; of a score
LARGEST_GAIN = math.log(4)  # of a loss: a job that blew up is not more evidence the further it went
TINY = 1e-12  # a loss of zero has no logarithm
BY_TASK = {"regression": ("rmse",)}
CLASSES = ("log_loss", "accuracy")  # a loss of margins gives no probabilities


@dataclass(frozen=True)
class Measure:
    """What is compared: a metric of a split."""

    split: str
    metric: str

    @property
    def is_loss(self) -> bool:
        """Whether a smaller value is better."""
        return not METRICS[self.metric].greater_is_better

    def of(self, metrics: dict[str, dict[str, float | None]]) -> float | None:
        """Its value among a job's metrics; `None` for a job that has none."""
        return metrics.get(self.split, {}).get(self.metric)


@dataclass(frozen=True)
class Comparison:
    """What the pairs say. Differences are `changed − original`, in the metric's own units.

    `mean` and `standard_error` `None` with too few pairs that have both values.
    """

    differences: list[float | None]
    mean: float | None
    standard_error: float | None
    verdict: Verdict


def choose_measure(spec: dict[str, Any], metrics: Sequence[dict[str, dict[str, float | None]]]) -> Measure:
    """The metric by which jobs of this specification are compared, among those that the ended ones have."""
    splits = [name for name in ("validation", "test") if spec[name] is not None]
    split = splits[0] if splits else "train"
    names = BY_TASK.get(spec["task"], CLASSES)
    known = [name for name in names if all(name in found[split] for found in metrics if split in found)]
    return Measure(split, (known or names)[0])


def compare(measure: Measure, pairs: Sequence[tuple[float | None, float | None]]) -> Comparison:
    """Compare pairs `(original, changed)` of the measure, of jobs that have ended; `None` where one failed.

    A loss is compared by the logarithms of its ratios, because its spread grows with its size; a ratio of more than 4
    counts as 4. The verdict is that of a paired t-test (Student 1908), if the change is not too small to matter. Where
    one job of a pair failed and the other did not, that decides.
    """
    both = np.array([pair for pair in pairs if None not in pair], np.float64).reshape(-1, 2)
    differences = [None if one is None or other is None else other - one for one, other in pairs]
    own = both[:, 1] - both[:, 0]
    gains = own
    if measure.is_loss:
        gains = np.clip(np.log((both[:, 0] + TINY) / (both[:, 1] + TINY)), -LARGEST_GAIN, LARGEST_GAIN)
    mended = sum(one is None and other is not None for one, other in pairs)
    broken = sum(one is not None and other is None for one, other in pairs)
    return Comparison(
        differences,
        mean=float(own.mean()) if len(own) else None,
        standard_error=_standard_error(own),
        verdict=_judge(gains, LEAST_LOSS if measure.is_loss else LEAST_SCORE, mended=mended, broken=broken),
    )


def _standard_error(values: Any) -> float | None:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None


def _judge(gains: Any, least: float, *, mended: int, broken: int) -> Verdict:
    """`gains` are positive where the changed job is better."""
    sign = 0
    error = _standard_error(gains)
    if error is not None:
        mean = float(gains.mean())
        bound = float(stdtrit(len(gains) - 1, CONFIDENCE)) * error
        sign = (mean > max(bound, least)) - (mean < -max(bound, least))
    if mended and not broken and sign >= 0:
        return "helped"
    if broken and not mended and sign <= 0:
        return "worse"
    if mended or broken or sign == 0:
        return "no_difference"
    return "helped" if sign > 0 else "worse"
