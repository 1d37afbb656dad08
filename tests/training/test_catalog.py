"""The catalog lists every component that a job can use."""

from flask.testing import FlaskClient

from steelyard.tabular.builtin import BUILTINS
from steelyard.training.catalog import catalog
from steelyard.training.components import REGISTRIES
from steelyard.training.presets import PRESETS


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


def test_the_catalog_has_every_preset_with_its_values_and_sources(client: FlaskClient) -> None:
    listed = {each["name"]: each for each in client.get("/v1/catalog").json["presets"]}
    assert [*listed] == [*PRESETS]
    sklearn = listed["sklearn"]
    assert (sklearn["framework"], sklearn["version"]) == ("scikit-learn", "1.9")
    settings = {(each["path"], each.get("where"), each.get("task")): each for each in sklearn["settings"]}
    assert settings["/training/epochs", None, None]["value"] == 200
    assert "max_iter=200" in settings["/training/epochs", None, None]["source"]
    assert settings["/initializer", "sigmoid", None]["value"]["scale"] == 1 / 3
    assert settings["/loss", None, "regression"]["value"] == {"name": "half_squared_error"}
    assert ("/regularizer", None, None) in settings
    adam = next(each for each in sklearn["components"] if each["name"] == "adam")
    assert (adam["family"], adam["values"]["epsilon_hat"]) == ("optimizer", True)
    assert sklearn["differences"]


def test_every_builtin_data_set_is_listed() -> None:
    listed = catalog().data
    assert [each.name for each in listed] == [*BUILTINS]
    assert {each.name for each in listed if each.generated} == {
        name for name, builtin in BUILTINS.items() if builtin.generated
    }
