"""Patches of a job's specification (RFC 6902): made by rules, and applied."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from steelyard.diagnostics.run import LayerPlace, Run
from steelyard.diagnostics.schema import PatchOperation

Patch = list[PatchOperation]
FAR = 3.0  # times the usual learning rate: beyond, the usual one is better than one tenth
LINEAR_LIKE = ("tanh", "sigmoid", "softmax", "linear", "softsign", "hard_sigmoid", "hard_tanh")


def replace(path: str, value: Any) -> PatchOperation:
    """Replace the value at `path`."""
    return PatchOperation(op="replace", path=path, value=value)


def change_rate(run: Run, *, smaller: bool) -> Patch:
    """Use the usual learning rate if that of the job is far from it, else a tenth, or ten times as much."""
    rate, usual = run.learning_rate, run.usual_rate
    if smaller:
        value = usual if rate > FAR * usual else rate / 10
    else:
        value = usual if rate < usual / FAR else min(1.0, rate * 10)
    return [replace("/optimizer/learning_rate", float(f"{value:.3g}"))]


def quicken(run: Run) -> Patch:
    """Use the usual learning rate if that of the job is far below it, which weights that start badly may ask for."""
    return change_rate(run, smaller=False) if run.learning_rate < run.usual_rate / FAR else []


def initializer_for(place: LayerPlace) -> dict[str, Any]:
    """The initializer that keeps the variance for the activation of a layer."""
    activation = (place.spec.get("activation") or {}).get("name", "linear")
    return {"name": "glorot_uniform" if activation in LINEAR_LIKE else "he_normal"}


def initialize(places: Iterable[LayerPlace]) -> Patch:
    """Draw the kernels of these layers as suits their activation."""
    return [replace(f"{place.path}/initializer", initializer_for(place)) for place in places]


def choose_again(run: Run) -> Patch:
    """Let the service choose the network and how it is trained."""
    training = run.spec["training"]
    kept = {key: training[key] for key in ("seed", "dtype", "class_weight", "time_limit_seconds") if training.get(key)}
    patch = [replace("/layers", None), replace("/optimizer", None), replace("/training", kept)]
    if run.spec["initial_weights"] is not None:  # they are of the layers that are replaced
        patch.append(replace("/initial_weights", None))
    if run.spec["preprocessing"]["numeric"] == "none":
        patch.append(replace("/preprocessing/numeric", None))
    if run.spec["task"] == "regression" and run.spec["preprocessing"]["target"] == "none":
        patch.append(replace("/preprocessing/target", None))
    return [*patch, *(replace(f"/{key}", None) for key in ("regularizer", "constraint") if run.spec.get(key))]


def effective(run: Run, patch: Patch) -> Patch:
    """The operations that change something; if none does, let the service choose."""
    changing = [each for each in patch if apply_patch(run.spec, [each]) != run.spec]
    return changing or choose_again(run)


def apply_patch(document: Mapping[str, Any], patch: Sequence[PatchOperation]) -> dict[str, Any]:
    """The changed copy of a document. Raises `KeyError` or `IndexError` if a path does not exist."""
    changed = copy.deepcopy(dict(document))
    for operation in patch:
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in operation.path.split("/")[1:]]
        holder: Any = changed
        for part in parents:
            holder = holder[int(part) if isinstance(holder, list) else part]
        if isinstance(holder, list):
            _change_list(holder, last, operation)
        elif operation.op == "remove":
            del holder[last]
        else:
            holder[last] = operation.value
    return changed


def _change_list(holder: list[Any], last: str, operation: PatchOperation) -> None:
    if last == "-":
        holder.append(operation.value)
    elif operation.op == "add":
        holder.insert(int(last), operation.value)
    elif operation.op == "remove":
        del holder[int(last)]
    else:
        holder[int(last)] = operation.value
