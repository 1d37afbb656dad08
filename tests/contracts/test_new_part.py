"""A part added in ten lines is in the catalogue, in the schema and in a trained network, by being registered."""

import subprocess
import sys

SCRIPT = '''
from dataclasses import dataclass
from typing import ClassVar
from steelyard.trainer.activations import ACTIVATIONS, Pointwise

@ACTIVATIONS.add
@dataclass(frozen=True)
class Cube(Pointwise):
    """The third power."""
    name: ClassVar = "cube"
    formula: ClassVar = "f(z) = z^3"
    source: ClassVar = "a test"
    @staticmethod
    def value(z): return z * z * z
    @staticmethod
    def slope(z, a): return 3.0 * z * z

from steelyard.spec.assemble import build_network, build_training, prepare
from steelyard.spec.catalog import catalog
from steelyard.spec.estimate import Limits
from steelyard.spec.plan import read_job
from steelyard.spec.sources import load_data
from steelyard.spec.schema import request_schema
from steelyard.trainer.rng import Streams

assert "cube" in [part["name"] for part in catalog()["activations"]]
schema = request_schema("#/{model}")
assert "cube" in schema["JobRequest"]["properties"]["activation"]["anyOf"][0]["enum"]
job = {"data": {"builtin": "iris"}, "layers": [4], "activation": "cube"}
plan = read_job(job, limits=Limits(1 << 32), tables={}.__getitem__)
streams = Streams.spawn(0)
supervised = load_data(plan.spec, None, {}.__getitem__)
prepared = prepare(plan.spec, supervised, streams)
network = build_network(plan.spec, prepared.inputs.layout, 3)
network.initialize(streams.initialization)
training = build_training(plan.spec, prepared, network, streams)
events = list(training.run())
print(events[-1].values["accuracy"])
'''


def test_a_part_is_added_in_one_place() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert float(ended.stdout) > 0.8
