"""Runs with the data and the network that only the training process has."""

from typing import Any

import numpy as np

from steelyard.diagnostics.rules import RULES
from steelyard.diagnostics.run import RunData
from steelyard.diagnostics.schema import Finding
from steelyard.nn.network import Network
from steelyard.nn.rng import Streams
from steelyard.training.assemble import build_network, prepare
from steelyard.training.sources import load_data
from tests.conftest import no_tables
from tests.diagnostics.runs import SENT, find, run
from tests.training.jobs import read

X = np.random.default_rng(0).normal(size=(120, 2))
Y = (X @ [1, -1] + np.random.default_rng(1).normal(size=120)).round(3)


def find_with(
    rule: str,
    *,
    x: Any = X,
    y: Any = Y,
    labels: list[str] | None = None,
    tensors: dict[str, Any] | None = None,
    causes: dict[str, str] | None = None,
    parameters: dict[str, Any] | None = None,
    layers: Any = (8,),
    preprocessing: dict[str, Any] | None = None,
    optimizer: dict[str, Any] | None = None,
    bias: dict[str, Any] | None = None,
    **fields: Any,
) -> list[Finding]:
    """What a rule finds in a regression with this data, and these tensors in its network."""
    columns = {f"x{place}": column for place, column in enumerate(np.asarray(x).T.tolist())}
    if labels is not None:
        columns["kind"] = [labels[place % len(labels)] for place in range(len(X))]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    rows = [row | {"y": value} for row, value in zip(rows, np.asarray(y).tolist(), strict=True)]
    document = {"data": {"inline": {"rows": rows}, "target": "y"}, "layers": [*layers], "training": {"epochs": 20}}
    options = {"preprocessing": preprocessing or {}, "optimizer": optimizer, "bias_initializer": bias}
    plan = read(document | {name: value for name, value in options.items() if value is not None})
    prepared = prepare(plan.spec, load_data(plan.spec, plan.inline, no_tables), Streams.spawn(0))
    network = build_network(plan.spec, prepared.inputs.layout, 1)
    assert isinstance(network, Network)
    network.initialize(np.random.default_rng(0))
    for name, values in (tensors or {}).items():
        network.tensors()[name][...] = values
    train = prepared.parts["train"]
    about = prepared.supervised, train.rows, prepared.inputs, train.x, train.y, prepared.weights, network
    data = RunData(*about, causes or {})
    over = run(plan.spec.to_json(), data=data, **fields)
    made = RULES[rule](**(parameters or {}))
    SENT[str(over.spec["data"]["inline"])] = document["data"]
    return find(made, over)
