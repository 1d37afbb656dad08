"""Manifests of exports: all of them are checked again."""

from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.imports.contents import Contents
from steelyard.imports.exported import draft_of
from tests.imports.files import DIGEST, export, refusal

OFTEN = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(data=st.data())
@OFTEN
def test_a_changed_manifest_gives_an_error_or_a_model(data: Any, tmp_path: Path) -> None:
    document = orjson.loads(export("json"))
    place, parent = document, document
    key: Any = None
    while isinstance(place, (dict, list)) and place:
        parent, key = place, data.draw(st.sampled_from([*place] if isinstance(place, dict) else [*range(len(place))]))
        place = parent[key]
        if data.draw(st.integers(0, 4)) == 0:
            break
    parent[key] = data.draw(st.sampled_from([None, -1, 0, 10**12, 0.5, "x", [], {}, [[]], True, ["a"], {"a": 1}]))
    found = refusal(tmp_path / "file", orjson.dumps(document), "json")
    assert found is None or 0 < len(found) < 1000


def test_what_names_things_of_another_service_is_left_out() -> None:
    document = orjson.loads(export("json"))
    manifest = document["manifest"]
    manifest["spec"] |= {
        "data": {"dataset": "ds_" + "0" * 26, "target": ["y"]},
        "validation": {"dataset": "ds_" + "1" * 26},
        "initial_weights": {"model": "mdl_x"},
    }
    text = orjson.dumps({"manifest": manifest, "preprocessing": document["preprocessing"]}).decode()
    spec = draft_of(Contents({}, text), DIGEST).spec
    assert (spec.data.dataset, spec.validation, spec.initial_weights) == (None, None, None)
    assert spec.data.inline is not None
    assert spec.data.inline.sha256 == DIGEST


def test_a_manifest_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    def changed(place: str, value: Any) -> str | None:
        document = orjson.loads(export("json"))
        *parents, key = place.split("/")
        holder = document
        for parent in parents:
            holder = holder[parent]
        holder[key] = value
        return refusal(tmp_path / "file", orjson.dumps(document), "json")

    assert changed("manifest/task", "regression") is not None
    assert changed("manifest/spec/layers", None) is not None
    assert changed("preprocessing/inputs/fill", []) is not None
    assert changed("preprocessing/inputs/options/missing", "median") == "its preprocessing is not that of its job"
    assert changed("manifest/classes", ["a", "a", "b"]) == "two classes have the same label"
    assert changed("manifest/parameters", "many") is not None
