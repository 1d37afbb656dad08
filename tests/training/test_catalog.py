"""The catalog lists every component that a job can use."""

from flask.testing import FlaskClient

from steelyard.training.catalog import catalog
from steelyard.training.components import REGISTRIES


def test_the_catalog_has_every_family(client: FlaskClient) -> None:
    catalog = client.get("/v1/catalog").json
    adam = next(part for part in catalog["optimizers"] if part["name"] == "adam")
    assert adam["formula"]
    assert adam["parameters"][0] == {
        "name": "learning_rate",
        "type": "number",
        "default": 0.001,
        "required": False,
        "range": ["greater than 0"],
    }
    assert {"layers", "initializers", "activations", "losses", "regularizers", "metrics", "data"} <= catalog.keys()


def test_the_catalogue_lists_every_part() -> None:
    listed = catalog()
    for family, registry in REGISTRIES.items():
        assert [part.name for part in getattr(listed, family)] == list(registry.names)
