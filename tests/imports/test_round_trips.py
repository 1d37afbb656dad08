"""Every layer, activation and preprocessing comes back from the service's own formats bit for bit.

`test_keras` does the same through `.keras` files that Keras saved again, within 1e-6.
"""

from typing import Any, get_args

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.layers import LAYERS
from steelyard.training.schema.spec import Preprocessing
from tests.imports.files import ROWS
from tests.imports.test_api import OWN, predict, send
from tests.trained import train_model

ACTIVE = [{"units": 4, "activation": each.name} for each in ACTIVATIONS if each.name != "exponential"]
OTHERS: dict[str, Any] = {
    "activation": {"activation": "exponential"},
    "dense": {"units": 4, "use_bias": False},
    "residual": {"layers": [4, {"type": "layer_normalization"}]},
    "embedding": {"columns": [0], "categories": [3], "units": 2},
}
# A job for each value of each option; `error` needs rows that lack nothing.
CHOSEN: list[dict[str, Any]] = [
    {"numeric": "standard", "categorical": "one_hot", "datetime": "cyclic", "missing": "mean", "unknown": "bucket"},
    {"numeric": "minmax", "categorical": "embedding", "datetime": "parts", "missing": "median", "unknown": "error"},
    {"numeric": "robust", "categorical": "ignore", "datetime": "ignore", "missing": "most_frequent"},
    {"numeric": "piecewise_linear", "missing": "error"},
    {"numeric": "none", "missing_indicator": True},
]
ASKED = [
    {"size": 3.25, "color": "red", "on": "2026-01-05"},
    {"size": 6, "color": "green", "on": "2026-01-28"},
]


def check(
    client: FlaskClient, engine: Engine, job: dict[str, Any], rows: list[Any], *, is_for_keras: bool = True
) -> None:
    """That a model of the job, 1 epoch long, gives the same answers after each format."""
    data = {"data": {"inline": {"rows": ROWS}, "target": "y"}, "training": {"epochs": 1, "batch_size": 60}}
    model = train_model(engine, data | job)
    expected = predict(client, model, rows)
    for form in OWN if is_for_keras else (each for each in OWN if each != "keras"):
        answer = send(client, client.get(f"/v1/models/{model}/export?format={form}").data, f"m.{form}")
        assert answer.status_code == 201, answer.text
        assert predict(client, answer.json["id"], rows) == expected, form


def test_every_layer_and_activation(client: FlaskClient, database: Engine) -> None:
    others = [{"type": each.name, **OTHERS.get(each.name, {})} for each in LAYERS if each.name != "embedding"]
    check(client, database, {"layers": [*others, *ACTIVE]}, ASKED)
    numbers = [{"a": number % 3, "b": number, "y": row["y"]} for number, row in enumerate(ROWS)]
    embedding = {"layers": [{"type": "embedding", **OTHERS["embedding"]}, 4], "preprocessing": {"numeric": "none"}}
    data = {"data": {"inline": {"rows": numbers}, "target": "y"}}
    check(client, database, data | embedding, [{"a": 2, "b": 0.5}], is_for_keras=False)


@pytest.mark.parametrize("options", CHOSEN, ids=lambda options: str(options["numeric"]))
def test_every_preprocessing(client: FlaskClient, database: Engine, options: dict[str, Any]) -> None:
    known = [row for row in ROWS if row["color"] is not None] if options.get("missing") == "error" else ROWS
    data = {"data": {"inline": {"rows": known}, "target": "y"}}
    check(client, database, {**data, "layers": [4], "preprocessing": options}, ASKED)


def test_every_option_is_among_them() -> None:
    for name, field in Preprocessing.model_fields.items():
        values = {value for part in (field.annotation, *get_args(field.annotation)) for value in get_args(part)}
        strings = {value for value in values if isinstance(value, str)}
        if name != "target":
            assert strings <= {options.get(name) for options in CHOSEN}, name
