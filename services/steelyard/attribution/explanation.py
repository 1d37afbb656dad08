"""One explanation: the methods at work on a model and rows, and what they found as the HTTP contract gives it."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from steelyard.attribution import methods
from steelyard.attribution.controls import embedded_groups
from steelyard.attribution.methods import (
    CONTROL_ROWS,
    CONTROLS,
    METHODS,
    REPEATS,
    STEPS,
    Importance,
    Integrated,
    Permuted,
)
from steelyard.attribution.request import TargetKinds
from steelyard.attribution.schema import Agreement, Attributions, Control, ExplainedFeature, ExplainedOutputs
from steelyard.errors import Fault, ValidationFailed, pointer
from steelyard.exports.nested import to_lists
from steelyard.inference.service import Loaded
from steelyard.nn.evaluation import as_scored
from steelyard.nn.losses import Cost
from steelyard.nn.metrics import METRICS
from steelyard.training.schema import JobSpec

Array = NDArray[Any]
LEAST_ROWS = 20  # of which shuffling says anything
MOST_OUTPUTS = 16
MOST_SHOWN = 100  # rows whose attributions are given one by one
BUDGET = 1e11  # multiplications that a method may take: about 2 s of a core
MOST_VALUES = 4_000_000  # attributions of single inputs that are kept at a time: 32 MB
PATIENCE = 4  # budgets that the fewest rows may take with a large network
SCORES = {"binary": "accuracy", "multiclass": "accuracy", "multilabel": "accuracy", "regression": "r2"}
LINKS = {"softmax": "logit", "sigmoid": "logit"}


@dataclass(frozen=True)
class Facts:
    """What is known of a model beside its network."""

    spec: JobSpec
    job_id: str
    targets: TargetKinds


@dataclass(frozen=True)
class Rows:
    """Rows to explain by: where they come from, their inputs, embedded, and targets as the loss takes them.

    `baseline` `(inputs,)`, embedded, is what integrated gradients start from, and `baseline_is` what that is.
    """

    source: str
    inputs: Array
    y: Array | None
    baseline: Array
    baseline_is: str

    def first(self, count: int) -> "Rows":
        """No more than so many of them, spread over all."""
        count = min(count, len(self.inputs))
        chosen = np.unique(np.linspace(0, len(self.inputs) - 1, count).round().astype(np.int64))
        return replace(self, inputs=self.inputs[chosen], y=None if self.y is None else self.y[chosen])


class ExplanationMaker:
    """Makes an explanation."""

    def __init__(self, model: Loaded, facts: Facts, rows: Rows) -> None:
        self._model, self._network, self._facts, self._rows = model, model.network, facts, rows
        self._logits = model.loss.link is not None
        places = embedded_groups(model.network, model.inputs.places)
        self._names, self._groups = list(places), list(places.values())
        self._shown, self._directions = self._choose_outputs()

    def make(self, method: str) -> dict[str, Any]:
        """The explanation's fields: what `method` says, and how far the others agree.

        Raises `ValidationFailed` if it cannot say anything.
        """
        reasons = {name: reason for name in METHODS if (reason := self._why_not(name)) is not None}
        if method in reasons:
            others = " and ".join(name for name in METHODS if name not in reasons) or "no other"
            detail = f"is {method!r}, which is not defined for this model: {reasons[method]}; use {others}"
            raise ValidationFailed([Fault(pointer("method"), detail)])
        found: dict[str, Importance] = {}
        about: dict[str, dict[str, Any]] = {}
        for name in METHODS:
            if name not in reasons:
                found[name], about[name] = getattr(self, f"_{name}")()
        importance = found[method]
        return {
            "method": method,
            "outputs": ExplainedOutputs(names=self._shown, unit=self._unit),
            "features": self._features(importance, about[method].pop("scores", None)),
            "control": self._control(importance),
            "agreement": [Agreement(methods=[a, b], spearman=value) for a, b, value in methods.agree(found)],
            "not_defined": reasons,
            **about[method],
        }

    @property
    def _unit(self) -> str:
        link = self._model.loss.link
        if link is not None:
            return LINKS.get(link, f"before {link}")
        if self._facts.targets.task != "regression":
            return "margin"
        return "value" if self._network.outputs == 1 else "standardized value"

    def _choose_outputs(self) -> tuple[list[Any], Array]:
        """The names of the outputs explained, and of each the direction in which it grows.

        What is added to the logits of all classes alike moves no probability, so a class's logit is taken less their
        mean. Of many classes, those are explained that the network says most often.
        """
        count, targets = self._network.outputs, self._facts.targets
        directions = np.eye(count)
        if targets.task == "multiclass":
            directions -= 1 / count
            chosen = np.arange(count)
            if count > MOST_OUTPUTS:
                said = methods.outputs(self._network, self._rows.inputs, logits=self._logits).argmax(axis=1)
                often = np.argsort(-np.bincount(said, minlength=count), kind="stable")
                chosen = np.sort(often[:MOST_OUTPUTS])
            assert targets.classes is not None
            return [targets.classes[place] for place in chosen.tolist()], directions[chosen]
        if targets.task == "binary":
            assert targets.classes is not None
            return [targets.classes[1]], directions
        if self._model.target is not None and count == 1 and not self._logits:
            directions = directions * self._model.target.scale
        return targets.names[:MOST_OUTPUTS], directions[:MOST_OUTPUTS]

    def _why_not(self, method: str) -> str | None:
        if method == "connection_weights":
            return methods.why_not_connected(self._network)
        least = 1
        if method == "permutation":
            least = min(LEAST_ROWS, len(self._rows.inputs))
            if least < 2:
                return "shuffling needs at least two rows"
        needed = least * self._cost(method)
        if needed > PATIENCE * BUDGET:
            return f"it would take {needed:.1e} multiplications for {least} rows, and may take {PATIENCE * BUDGET:.0e}"
        return None

    def _cost(self, method: str) -> float:
        """How many multiplications a row takes."""
        weights = float(self._network.size)
        if method == "permutation":
            return weights * (REPEATS + 1) * (len(self._groups) + CONTROLS)
        return weights * 2 * STEPS * len(self._directions) * (1 + CONTROLS)  # forward and back, with each control

    def _affordable(self, method: str, least: int) -> Rows:
        return self._rows.first(max(least, int(BUDGET / self._cost(method))))

    def _permutation(self) -> tuple[Importance, dict[str, Any]]:
        rows = self._affordable("permutation", LEAST_ROWS)
        loss, network = self._model.loss, self._network
        score = METRICS[SCORES[self._facts.targets.task]]()
        cost = Cost(loss, len(rows.inputs), network.outputs, network.dtype)
        before = self._said(methods.outputs(network, rows.inputs, logits=self._logits))

        def measure(outputs: Array) -> Array:
            if rows.y is None:
                return np.array([np.abs(self._said(outputs) - before).mean(dtype=np.float64)])
            return np.array([cost.value(outputs, rows.y), -score.score(*as_scored(network, loss, outputs, rows.y))])

        made: Permuted = methods.permute(
            network, rows.inputs, self._groups, measure, self._generator(), logits=self._logits
        )
        about: dict[str, Any] = {"rows": len(rows.inputs), "source": rows.source, "repeats": REPEATS}
        if rows.y is None:
            return made.importances[0], about | {"measure": "movement"}
        about |= {"measure": "loss", "loss": _finite(made.base[0]), "score": {score.name: _finite(-made.base[1])}}
        return made.importances[0], about | {"scores": (score.name, made.importances[1])}

    def _said(self, outputs: Array) -> Array:
        """Outputs as the model gives them: probabilities, or values in the target's own units."""
        if self._logits:
            return self._network.activate(outputs)
        scale = 1 if self._model.target is None else self._model.target.scale
        return outputs * scale

    def _integrated_gradients(self) -> tuple[Importance, dict[str, Any]]:
        rows = self._affordable("integrated_gradients", 1)
        without = int(BUDGET / self._cost("integrated_gradients") * (1 + CONTROLS)) - CONTROLS * CONTROL_ROWS
        rows = self._rows.first(max(len(rows.inputs), without))
        rows = rows.first(max(1, MOST_VALUES // (rows.inputs.shape[1] * len(self._directions))))
        made: Integrated = methods.integrate(
            self._network,
            rows.inputs,
            rows.baseline,
            self._groups,
            self._directions,
            self._generator(),
            logits=self._logits,
        )
        about: dict[str, Any] = {"rows": len(rows.inputs), "source": rows.source, "steps": STEPS}
        about |= {"baseline": rows.baseline_is, "residual": _finite(made.residual)}
        if rows.source == "inputs":
            about["attributions"] = Attributions(
                baseline=to_lists(made.start),
                outputs=to_lists(made.end[:MOST_SHOWN]),
                values=to_lists(made.attributions[:MOST_SHOWN]),
            )
        return made.importance, about

    def _connection_weights(self) -> tuple[Importance, dict[str, Any]]:
        found = methods.connect(self._network, self._rows.inputs, self._groups, self._directions, self._generator())
        return found, {"rows": 0, "source": "weights"}

    def _generator(self) -> Generator:
        return np.random.default_rng([self._facts.spec.training.seed, 2])

    def _features(self, found: Importance, scores: tuple[str, Importance] | None) -> list[ExplainedFeature]:
        features = []
        for place, name in enumerate(self._names):
            value = float(found.values[place])
            feature: dict[str, Any] = {
                "name": name,
                "importance": _finite(value),
                "std": None if found.spread is None else _finite(found.spread[place]),
                "rank": int(found.ranks[place]),
                "above_control": bool(value > found.level),
            }
            if found.by_output is not None:
                feature["by_output"] = to_lists(found.by_output[place])
            if scores is not None:
                score, lost = scores
                assert lost.spread is not None
                feature["score_drop"] = {score: _finite(lost.values[place]), "std": _finite(lost.spread[place])}
            features.append(ExplainedFeature(**feature))
        return features

    def _control(self, found: Importance) -> Control:
        return Control(
            importance=_finite(found.control.mean()),
            std=_finite(found.control.std()),
            level=_finite(found.level),
            columns=CONTROLS,
        )


def _finite(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
