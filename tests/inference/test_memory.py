"""What a loaded model is estimated to take of memory is what it takes."""

import gc
import tracemalloc
from typing import Any

import numpy as np
import pytest

from steelyard.inference.service import Loaded
from steelyard.nn.network import KEPT_ROWS
from steelyard.nn.rng import Streams
from steelyard.tabular.encoder import Encoder
from steelyard.training.assemble import build_network, prepare
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard.training.schema import load_spec
from steelyard.training.sources import load_data
from tests.conftest import no_tables

COUNT = 30
ROWS = [{"a": row * 1.5, "b": f"c{row % 200}", "c": row % 3 == 0, "y": f"y{row % 5}"} for row in range(2000)]


@pytest.mark.parametrize(
    "job",
    [
        {"data": {"builtin": "iris"}, "layers": [16, 8]},
        {"data": {"builtin": "iris"}, "layers": [8] * 20},
        {"data": {"builtin": "digits"}, "layers": [256]},
        {"data": {"inline": {"rows": ROWS}, "target": "y"}, "layers": [16, {"type": "batch_normalization"}]},
    ],
    ids=["small", "deep", "wide", "categories"],
)
def test_a_model_is_counted_with_what_it_takes(job: dict[str, Any]) -> None:
    plan = read_job(job, limits=Limits(4 << 30), tables=no_tables)
    supervised = load_data(plan.spec, plan.inline, no_tables)
    inputs = prepare(plan.spec, supervised, Streams.spawn(0)).inputs.to_json()
    spec = plan.spec.to_json()

    def load() -> Loaded:
        encoder = Encoder.from_json(inputs)
        loaded_spec = load_spec(spec)
        network = build_network(loaded_spec, encoder.layout, supervised.outputs)
        loaded = Loaded(network, supervised.classes, loaded_spec.loss.to_part(), encoder, None)
        for rows in KEPT_ROWS:  # each size has separate buffers
            loaded.answer(np.zeros((rows, network.inputs), network.dtype))
        return loaded

    load()
    gc.collect()
    tracemalloc.start()
    try:
        models = [load() for _ in range(COUNT)]
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] / COUNT
    finally:
        tracemalloc.stop()
    assert 0.7 * taken < models[0].nbytes < 1.5 * taken
