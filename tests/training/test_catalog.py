"""The catalog lists every component that a job can use."""

from flask.testing import FlaskClient

from steelyard.tabular.builtin import BUILTINS
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


def test_the_catalog_lists_every_part() -> None:
    listed = catalog()
    for family, registry in REGISTRIES.items():
        assert [part.name for part in getattr(listed, family)] == list(registry.names)


def test_a_component_is_described_by_its_class() -> None:
    listed = {part.name: part for part in catalog().layers}
    dense = {each.name: each for each in listed["dense"].parameters}
    assert (dense["units"].required, dense["units"].default, dense["units"].type) == (True, None, "integer")
    assert dense["units"].range[0] == "at least 1"
    assert (dense["activation"].type, dense["use_bias"].default) == ("part", True)
    assert listed["dense"].description


def test_every_builtin_data_set_is_listed() -> None:
    listed = catalog().data
    assert [each.name for each in listed] == [*BUILTINS]
    assert {each.name for each in listed if each.generated} == {
        name for name, builtin in BUILTINS.items() if builtin.generated
    }
