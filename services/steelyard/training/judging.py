"""How good a network is on the rows of a split: its predictions, and its metrics in the units of the target."""

import math

from steelyard.nn.ensemble import AnyNetwork
from steelyard.nn.evaluation import answer
from steelyard.nn.losses import Cost
from steelyard.training.assemble import Part, Prepared, build_metrics
from steelyard.training.baseline import score
from steelyard.training.results import SplitPredictions
from steelyard.training.schema import JobSpec


def judge(
    spec: JobSpec, network: AnyNetwork, name: str, part: Part, prepared: Prepared
) -> tuple[SplitPredictions, dict[str, float | None]]:
    """The predictions and metrics of one split."""
    loss = spec.make_loss()
    said = answer(network, loss, part.x)
    cost = Cost(loss, len(part.rows), network.outputs, network.dtype).value(said.outputs, part.y)
    targets = prepared.supervised.y[part.rows]
    predicted = said.predictions if prepared.target is None else prepared.target.inverse(said.predictions)
    values = {"loss": cost} | score(build_metrics(spec), targets, predicted, said.probabilities)
    finite = {key: float(value) if math.isfinite(value) else None for key, value in values.items()}
    return SplitPredictions(name, part.ids, targets, predicted, said.probabilities), finite
