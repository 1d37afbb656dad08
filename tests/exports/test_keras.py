"""The layers of a `.keras` file, run by NumPy; `tests/engines` has Keras itself load it."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.exports.keras import KERAS, input_names
from steelyard.exports.program import Pointwise
from steelyard.exports.refusal import CannotExport
from steelyard.nn.activations import Tanh
from steelyard.nn.layers import Dense
from steelyard.nn.network import Network
from steelyard.tabular.encoder_options import EncoderOptions
from tests.exports import tiny_keras
from tests.exports.comparison import compare
from tests.exports.running import Predict, load
from tests.exports.zoo import Case, cases
from tests.nn.newcomers import Cube

SOME = [case for case in cases() if case.dtype == "float32" or case.name.startswith(("layer", "labels"))]


def run(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Predict:
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "preprocess", raising=False)
    with tiny_keras.installed(monkeypatch):
        return load(KERAS, case.build(), folder)


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_answers_are_those_of_the_service(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = case.rows(100)
    assert compare(case.build(), rows, *run(case, tmp_path, monkeypatch)(rows)) <= 1e-6


def test_the_same_model_gives_the_same_bytes_at_any_time() -> None:
    first = KERAS.write(Case("x").build())
    time.sleep(1.1)  # HDF5 keeps times in seconds, unless it is told not to
    assert KERAS.write(Case("x").make()) == first


def test_names_are_ones_that_keras_accepts() -> None:
    bundle = Case("usual").build()
    labels = [replace(bundle.inputs.categories[0], name=name) for name in ("numbers", "a/b", "a_b", "ä")]
    features = {each.name: bundle.inputs.features["color"] for each in labels}
    odd = replace(bundle, inputs=replace(bundle.inputs, categories=labels, features=bundle.inputs.features | features))
    names = input_names(odd.preprocessing)
    assert names == {"": "numbers", "numbers": "numbers_2", "a/b": "a_b", "a_b": "a_b_2", "ä": "_"}


def test_an_activation_that_keras_does_not_have_is_refused() -> None:
    bundle = Case("x").build()
    network = Network([Dense(4, activation=Cube()), Dense(3)], inputs=bundle.network.inputs)
    assert any(isinstance(step, Pointwise) for step in replace(bundle, network=network).members[0][0])
    with pytest.raises(CannotExport, match="no activation cube"):
        KERAS.write(replace(bundle, network=network))
    plain = Network([Dense(4, activation=Tanh()), Dense(3)], inputs=bundle.network.inputs)
    KERAS.write(replace(bundle, network=plain))


def test_an_embedding_of_numbers_in_double_precision_is_refused() -> None:
    case = next(case for case in cases() if case.name == "categorical number")
    with pytest.raises(CannotExport, match="embeds numbers in float32; the model has dtype float64"):
        KERAS.write(replace(case, dtype="float64").build())


def test_what_does_not_travel_is_listed() -> None:
    limits = [*KERAS.limits(Case("x", EncoderOptions(), dtype="float64").build())]
    assert [limit.column for limit in limits if limit.column] == ["born", "opens", "color", "code"]
    assert "Keras computes in float32, except on TensorFlow" in [limit.detail for limit in limits]
