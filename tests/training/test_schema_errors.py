"""What does not fit the schema: each error with its place, in our words, and soon."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.errors import TooLargeToTrain, ValidationFailed
from steelyard.training.examples import SMALLEST
from tests.training.jobs import faults, job, many, read

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.floats(-2, 2)
    | st.sampled_from(["relu", "adam", "dense", "iris"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "type", "units", "rate", "activation", "builtin", "fraction", "x", "y", "inline", "rows"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


def test_no_message_is_pydantics() -> None:
    strange: list[Any] = [None, True, 3, -1.5, "", "x" * 300, [], [[]], {}, {"name": None}, {"": 1}]
    keys = ["name", "metadata", "data", "task", "preprocessing", "validation", "test", "layers", "output"]
    keys += ["initializer", "bias_initializer", "activation", "regularizer", "optimizer", "loss", "training"]
    for key in keys:
        for value in strange:
            try:
                read(job(**{key: value}))
            except ValidationFailed as error:
                for fault in error.faults:
                    assert "which is not valid here" not in fault.detail, (key, value, fault)
                    assert "valid" not in fault.detail.lower(), (key, value, fault)
                    assert "input should" not in fault.detail.lower(), (key, value, fault)
                    assert len(fault.detail) < 500


@given(
    st.dictionaries(st.sampled_from([*SMALLEST, "training", "validation", "output", "loss", "what"]), JSON, max_size=6)
)
@settings(max_examples=150, deadline=None)
def test_every_pointer_leads_into_what_was_sent(fields: dict[str, Any]) -> None:
    document = SMALLEST | fields
    try:
        read(document)
    except ValidationFailed as error:
        for fault in error.faults:
            assert leads_into(document, fault.pointer), fault
    except TooLargeToTrain:
        pass


def leads_into(document: Any, pointer: str) -> bool:
    """Whether the pointer names a place, or a member that an existing object lacks."""
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    for index, token in enumerate(tokens):
        if isinstance(document, list):
            if not token.isdigit() or int(token) >= len(document):
                return False
            document = document[int(token)]
        elif isinstance(document, dict):
            if token not in document:
                return index == len(tokens) - 1
            document = document[token]
        else:
            return False
    return True


@pytest.mark.parametrize("within", [lambda layer: layer, lambda layer: {"type": "residual", "layers": [layer]}])
def test_an_error_within_an_activation_layer_is_found(within: Any) -> None:
    wrong = within({"type": "activation", "activation": {"name": "elu", "aplha": 1}})
    place = "/layers/0" if wrong["type"] == "activation" else "/layers/0/layers/0"
    assert faults(job(layers=[wrong], name="activation")) == {
        f"{place}/activation/aplha": "is not a known field; did you mean 'alpha'?"
    }


def test_a_layer_that_cannot_be_used_in_a_block_is_not_suggested() -> None:
    block = {"type": "residual", "layers": [4]}
    [said] = faults(job(layers=[{"type": "residual", "layers": [block]}])).values()
    assert said.startswith("is 'residual', which cannot be used here; use one of ")


@pytest.mark.parametrize(
    "fields",
    [
        many(45_000),
        {"metadata": many(45_000)},
        {"training": {"class_weight": many(45_000)}},
        {"data": {"builtin": "iris", "ignore": [*many(45_000)]}},
        {"layers": [4] * 45_000},
        {"data": {"inline": {"rows": [many(10_000), *[{}] * 100_000]}}},
        {"data": {"inline": {"rows": [many(20_000), *[{}] * 100_000]}}},
        {"data": {"inline": {"x": [[1] * 100_000, [1]], "y": [1, 2]}}},
        {"data": {"inline": {"x": [[1], [1]], "y": [[1] * 100_000] * 2}}},
        {"data": {"inline": {"x": [[1, 2]] * 2, "y": [1, 2], "feature_names": [*many(45_000)]}}},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_body_full_of_errors_costs_a_second_and_a_short_answer(fields: dict[str, Any]) -> None:
    read(SMALLEST)  # the builtin data are read once
    started = time.process_time()
    with pytest.raises(ValidationFailed) as caught:
        read(job(**fields))
    assert time.process_time() - started < 2
    assert len(json.dumps(caught.value.problem())) < 100_000


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"optimizer": {"name": "sgd", "nesterov": True}}, "/optimizer/nesterov", "momentum"),
        ({"initializer": {"name": "random_uniform", "minval": 1.0}}, "/initializer/maxval", "greater than minval"),
        ({"data": {}}, "/data", "one of 'builtin', 'dataset' and 'inline'"),
        ({"data": {"inline": {"x": [[1], ["a"]], "y": [0, 1]}}}, "/data/inline/x/1/0", "'a'"),
        ({"data": {"inline": {"x": [[1]]}}}, "/data/inline/y", "missing"),
        ({"data": {"inline": {"x": [[1]], "y": [1], "z": 1}}}, "/data/inline/z", "not a known field"),
        ({"layers": [1.5]}, "/layers/0", "a number of units"),
        ({"layers": "16"}, "/layers", "a list"),
        ({"layers": [{"type": "dense"}]}, "/layers/0/units", "missing"),
        ({"optimizer": {"learning_rate": 1}}, "/optimizer/name", "is missing; known are adagrad, "),
        ({"optimizer": 3}, "/optimizer", "a name"),
        ({"optimizer": {"name": 3}}, "/optimizer/name", "no optimizer has that name"),
        ({"layers": [{"rate": 0.5}]}, "/layers/0/type", "is missing; known are activation, "),
        ({"training": {"seed": -1}}, "/training/seed", "at least 0"),
        ({"training": {"seed": 1.0}}, "/training/seed", "an integer"),
        ({"training": []}, "/training", "object"),
        ({"metadata": {"a": 1}}, "/metadata/a", "string"),
        ({"metadata": {str(i): "" for i in range(17)}}, "/metadata", "at most 16"),
        ({"name": ""}, "/name", "at least 1"),
        ({"epochs": 5}, "/epochs", "it belongs in 'training'"),
        ({"lr": 0.1}, "/lr", "did you mean optimizer.learning_rate?"),
        ({"optimizer": {"name": "adam", "lr": 0.1}}, "/optimizer/lr", "did you mean 'learning_rate'?"),
        ({"activation": "LeakyReLU"}, "/activation", "did you mean 'leaky_relu'?"),
        ({"training": {"dtype": "float16"}}, "/training/dtype", "did you mean 'float32'?"),
        ({"preprocessing": {"scale": "standard"}}, "/preprocessing/scale", "did you mean 'numeric'?"),
        ({"seed": 5}, "/seed", "it belongs in 'data' or 'training'"),
        ({"training": {"learning_rate": 0.1}}, "/training/learning_rate", "it belongs in 'optimizer'"),
        ({"layers": [{"type": "residual", "layers": [8, {"type": "dens"}]}]}, "/layers/0/layers/1/type", "'dense'"),
        ({"layers": [{"type": "residual", "layers": []}]}, "/layers/0/layers", "at least 1"),
        (
            {"layers": [{"type": "residual", "layers": [{"type": "residual"}]}]},
            "/layers/0/layers/0/type",
            "cannot be used here",
        ),
        ({"initializer": {"name": "variance_scaling", "mode": "fanin"}}, "/initializer/mode", "did you mean 'fan_in'"),
        ({"training": {"gradient_clip": {}}}, "/training/gradient_clip", "one of value"),
        ({"training": {"gradient_clip": {"value": 1.0, "norm": 1.0}}}, "/training/gradient_clip", "one of value"),
        ({"training": {"schedule": "cosin"}}, "/training/schedule", "did you mean 'cosine'"),
        (
            {"training": {"schedule": {"name": "piecewise", "boundaries": [1.0], "values": [0.1]}}},
            "/training/schedule/values",
            "one more than boundaries",
        ),
        ({"task": "regresion"}, "/task", "did you mean 'regression'?"),
    ],
)
def test_an_error_is_named_with_its_place(fields: dict[str, Any], place: str, words: str) -> None:
    found = faults(job(**fields))
    assert list(found) == [place], found
    assert words in found[place]
