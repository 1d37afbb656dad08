"""Registers new parts, then takes a job with each through the API and a run to a prediction, in this process.

    python -m tests.contracts.new_parts DATA_DIR DATABASE_URL BROKER_URL

Prints, as a line of JSON for each job, its status, the engine, and what the API answered.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.component import Registry
from steelyard.nn.constraints import CONSTRAINTS
from steelyard.nn.initializers import INITIALIZERS
from steelyard.nn.layers import LAYERS
from steelyard.nn.losses import LOSSES
from steelyard.nn.metrics import METRICS
from steelyard.nn.optimizers import OPTIMIZERS
from steelyard.nn.regularizers import REGULARIZERS
from steelyard.nn.schedules import SCHEDULES
from tests.nn import newcomers as new

ADDED: list[tuple[Registry[Any], tuple[Any, ...]]] = [
    (ACTIVATIONS, (new.Cube, new.Wave)),
    (CONSTRAINTS, (new.Centered,)),
    (GRADIENT_CLIPS, (new.BySign,)),
    (LAYERS, (new.Gate,)),
    (LOSSES, (new.Charbonnier, new.CosineDistance, new.CrammerSinger)),
    (INITIALIZERS, (new.Checkered,)),
    (METRICS, (new.RootError,)),
    (OPTIMIZERS, (new.Slots4, new.Lars, new.Backtracking)),
    (REGULARIZERS, (new.GroupLasso, new.LogPenalty)),
    (SCHEDULES, (new.Sawtooth,)),
]
X = [[row % 5 / 2, row % 7 / 3] for row in range(40)]
NUMBERS = {"inline": {"x": X, "y": [row % 5 + row % 7 for row in range(40)]}}
PAIRS = {"inline": {"x": X, "y": [[row % 5, row % 7] for row in range(40)]}}
CLASSES = {"inline": {"x": X, "y": [["a", "b", "c"][row % 3] for row in range(40)]}}
PLAIN: dict[str, Any] = {"data": NUMBERS, "task": "regression", "layers": [4], "training": {"epochs": 3}}
JOBS: dict[str, dict[str, Any]] = {
    "cube": {"activation": "cube"},
    "wave": {"activation": {"name": "wave", "kind": "cosine"}},
    "wave as output": {"output": {"activation": "wave"}},
    "centered": {"constraint": "centered"},
    "sign": {"training": {"epochs": 3, "gradient_clip": {"sign": 0.01}}},
    "gate": {"layers": [4, {"type": "gate"}]},
    "gate in full": {"layers": [4, {"type": "gate", "gate_activation": "tanh", "gate_initializer": "ones"}]},
    "gate in a block": {"layers": [{"type": "residual", "layers": [4, {"type": "gate"}]}]},
    "charbonnier": {"loss": {"name": "charbonnier", "width": 0.5}},
    "cosine_distance": {"loss": "cosine_distance", "data": PAIRS},
    "crammer_singer": {"loss": "crammer_singer", "data": CLASSES, "task": "multiclass"},
    "slots_4": {"optimizer": "slots_4"},
    "lars": {"optimizer": {"name": "lars", "learning_rate": 0.01}},
    "backtracking": {"optimizer": "backtracking"},
    "checkered": {"initializer": "checkered"},
    "root_error": {"training": {"epochs": 3, "early_stopping": {"monitor": "val_root_error"}}},
    "group_lasso": {"regularizer": "group_lasso"},
    "smooth_l1": {"regularizer": "smooth_l1"},
    "sawtooth": {"training": {"epochs": 3, "schedule": "sawtooth"}},
}


def main() -> None:
    """Register, then run every job."""
    for registry, parts in ADDED:
        for part in parts:
            registry.add(part)
    # From here on: the request's schema is made of what is registered when these are imported.
    application: Any = importlib.import_module("tests.application")
    settings: Any = importlib.import_module("steelyard.settings")
    data_dir, database_url, broker_url = sys.argv[1:]
    ours = settings.Settings(data_dir=Path(data_dir), database_url=database_url, broker_url=broker_url)
    with application.running_app(ours) as app:
        client = app.test_client()
        catalog = client.get("/v1/catalog").json
        names = {part["name"] for family in catalog.values() if isinstance(family, list) for part in family}
        assert {part.name for _, parts in ADDED for part in parts} <= names
        assert client.get("/openapi.json").status_code == 200
        for name, job in JOBS.items():
            sys.stdout.write(json.dumps({"name": name} | take(client, ours, PLAIN | job)) + "\n")


def take(client: Any, settings: Any, job: dict[str, Any]) -> dict[str, Any]:
    """What became of a job."""
    outcome: Any = importlib.import_module("steelyard_worker.outcome")
    queries: Any = importlib.import_module("steelyard.jobs.queries")
    ledger: Any = importlib.import_module("steelyard.jobs.ledger")
    stored: Any = importlib.import_module("steelyard.store.engine")
    traced = client.post("/v1/traces", json=job)
    posted = client.post("/v1/jobs", json=job)
    if posted.status_code != 202:
        return {"status": "rejected", "answer": posted.json}
    engine = stored.make_engine(settings.database)
    held = ledger.claim(engine, owner="w", lease_seconds=60.0)
    run = outcome.Outcome(engine, held, queries.load_order(engine, held.job_id), threads=1)
    run.prepare()
    losses = [event.values["loss"] for event in run.run() if hasattr(event, "values")]
    run.save("succeeded")
    engine.dispose()
    found = client.get(f"/v1/jobs/{held.job_id}").json
    model = client.get(f"/v1/models/{found['model']}").json
    asked = client.post(f"/v1/models/{found['model']}/predict", json={"inputs": X[:3]})
    report = client.get(f"/v1/jobs/{held.job_id}/report")
    explained = client.post(f"/v1/models/{found['model']}/explain", json={"method": "integrated_gradients"})
    versions = model["provenance"]["versions"]
    return {
        "status": found["status"],
        "losses": losses,
        "engine": versions["engine"],
        "why_not_compiled": versions["why_not_compiled"],
        "answer": asked.json,
        "report": report.status_code,
        "explain": explained.status_code,
        "trace": traced.json["check"]["verdict"] if traced.status_code == 200 else traced.json,
    }


if __name__ == "__main__":
    main()
