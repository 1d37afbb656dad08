"""A request for a batch of predictions is read, or rejected with all of its errors."""

import hashlib
import io
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.datasets.library import Upload
from steelyard.datasets.reader_pool import Readers
from steelyard.errors import NotFound, ValidationFailed
from steelyard.inference.batch_request import read_batch
from steelyard.inference.batches import BatchPlan
from steelyard.inference.column_names import Matched
from steelyard.inference.service import Predictor
from steelyard.tabular.readers.options import Dialect
from tests.datasets.corpus import CSV
from tests.service import SMALLEST
from tests.trained import train_model

ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
LIST = [*ROW.values()]
LOCAL = (ip_network("127.0.0.0/8"),)


@pytest.fixture(scope="module")
def model(store: Engine) -> str:
    return train_model(store, {**SMALLEST, "training": {"epochs": 1}})


def read(store: Engine, model: str, document: Any) -> BatchPlan:
    return read_batch(document, model, Predictor(store), store, webhook_networks=LOCAL)


def faults(store: Engine, model: str, document: Any) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        read(store, model, document)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def upload(store: Engine, readers: Readers, path: Path, content: str) -> str:
    path.write_text(content)
    sent = content.encode()
    made = Upload(None, CSV, Dialect(), hashlib.sha256(sent).hexdigest(), len(sent))
    with readers.read(str(path), "csv", max_bytes=1 << 20) as parsed:
        return library.keep(store, made, io.BytesIO(sent), parsed).id


@pytest.mark.parametrize(("key", "rows"), [("rows", [ROW, ROW]), ("x", [LIST, LIST, LIST])])
def test_rows_inside_the_request_are_kept_as_they_were_sent(
    store: Engine, model: str, key: str, rows: list[Any]
) -> None:
    plan = read(store, model, {"data": {"inline": {key: rows}}, "name": "mine"})
    assert (plan.model, plan.dataset, plan.rows, plan.name) == (model, None, len(rows), "mine")
    assert plan.inline is not None
    assert orjson.loads(plan.inline) == rows
    assert plan.labels == ["setosa", "versicolor", "virginica"]
    assert plan.webhook is None


def test_columns_that_are_no_inputs_are_known_before_the_batch_runs(store: Engine, model: str) -> None:
    row = {**ROW, "note": 1}
    del row["petal_width"]
    plan = read(store, model, {"data": {"inline": {"rows": [row]}}})
    assert plan.columns == Matched(("note",), ("petal_width",))


def test_a_data_set_is_named_and_its_first_rows_must_fit(
    store: Engine, model: str, readers: Readers, tmp_path: Path
) -> None:
    header = ",".join(ROW)
    fine = upload(store, readers, tmp_path / "a", f"{header},note\n" + "1,2,3,4,x\n" * 3)
    plan = read(store, model, {"data": {"dataset": fine}})
    assert (plan.dataset, plan.inline, plan.rows, plan.columns) == (fine, None, 3, Matched(("note",), ()))
    words = upload(store, readers, tmp_path / "b", f"{header}\n1,2,wide,4\n1,2,narrow,4\n")
    found = faults(store, model, {"data": {"dataset": words}})
    assert {place.split("/")[1] + "/" + place.split("/")[2] for place in found} == {"data/dataset"}
    misspelled = upload(store, readers, tmp_path / "c", "sepal_length,sepal_width,petal length\n1,2,3\n4,5,6\n")
    assert "did you mean 'petal_length'?" in next(
        iter(faults(store, model, {"data": {"dataset": misspelled}}).values())
    )
    with pytest.raises(NotFound):
        read(store, model, {"data": {"dataset": "ds_none"}})


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ([], [""]),
        ({}, ["/data"]),
        ({"data": {}}, ["/data"]),
        ({"data": {"dataset": "a", "inline": {"x": [LIST]}}}, ["/data"]),
        ({"data": {"dataset": 3}}, ["/data/dataset"]),
        ({"data": {"inline": []}}, ["/data/inline"]),
        ({"data": {"inline": {}}}, ["/data/inline"]),
        ({"data": {"inline": {"rows": [ROW], "x": [LIST]}}}, ["/data/inline"]),
        ({"data": {"inline": {"row": [ROW], "y": []}}}, ["/data/inline/row", "/data/inline/y"]),
        ({"data": {"inline": {"rows": []}}}, ["/data/inline/rows"]),
        ({"data": {"inline": {"rows": [ROW, LIST]}}}, ["/data/inline/rows/1"]),
        ({"data": {"inline": {"x": [ROW]}}}, ["/data/inline/x/0"]),
        ({"data": {"inline": {"x": [LIST, [1, 2, 3]]}}}, ["/data/inline/x/1"]),
        ({"data": {"inline": {"rows": [ROW, {**ROW, "petal_width": "x"}]}}}, ["/data/inline/rows/1/petal_width"]),
        ({"nme": 1, "name": "", "dat": 3}, ["/dat", "/data", "/name", "/nme"]),
        ({"name": "x" * 201, "data": {"dataset": "a"}}, ["/name"]),
        ({"data": {"inline": {"x": [LIST]}}, "webhook": {"url": 3, "more": 1}}, ["/webhook/more", "/webhook/url"]),
        ({"data": {"inline": {"x": [LIST]}}, "webhook": {"url": "http://10.0.0.1/"}}, ["/webhook/url"]),
    ],
)
def test_every_error_is_listed_with_its_place(store: Engine, model: str, document: Any, places: list[str]) -> None:
    assert sorted(faults(store, model, document)) == places


def test_unknown_fields_beyond_the_limit_are_counted_without_a_search(store: Engine, model: str) -> None:
    document = {f"dat{number}": 1 for number in range(200)} | {"data": {"dataset": "x"}}
    found = faults(store, model, document)
    assert len(found) == 200
    assert found["/dat0"] == "is not a known field; did you mean 'data'?"
    assert found["/dat199"] == "is not a known field"


def test_a_webhook_to_a_network_that_is_allowed_is_kept_with_its_secret(store: Engine, model: str) -> None:
    webhook = {"url": "http://127.0.0.1:9/hook", "secret": "whsec_" + "c2VjcmV0" * 4}
    plan = read(store, model, {"data": {"inline": {"x": [LIST]}}, "webhook": webhook})
    assert plan.webhook is not None
    assert (plan.webhook.url, plan.webhook.secret) == (webhook["url"], webhook["secret"])


def test_an_unknown_model_is_not_found(store: Engine) -> None:
    with pytest.raises(NotFound):
        read(store, "mdl_none", {"data": {"inline": {"x": [LIST]}}})
