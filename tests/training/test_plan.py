"""Reading a job: a plan, or every fault at once with a pointer into what the client sent."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.errors import PayloadTooLarge, TooLargeToTrain, ValidationFailed
from steelyard.training.components import REGISTRIES, SLOTS
from steelyard.training.estimate import Limits
from steelyard.training.examples import EXAMPLES, SMALLEST
from steelyard.training.plan import Plan, read_job
from steelyard.training.schema import load_spec
from tests.conftest import no_tables

LIMITS = Limits(4 << 30)


def read(document: Any) -> Plan:
    return read_job(document, limits=LIMITS, tables=no_tables)


def faults(document: Any) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        read(document)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def job(**fields: Any) -> dict[str, Any]:
    return {**SMALLEST, **fields}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_filled_in_job_read_again_is_itself(name: str) -> None:
    plan = read(EXAMPLES[name])
    again = load_spec(json.loads(json.dumps(plan.spec.to_json())))
    assert again.to_json() == plan.spec.to_json()
    assert again.canonical() == plan.spec.canonical()


def test_the_smallest_job_has_every_default_filled_in() -> None:
    spec = read(SMALLEST).spec.to_json()
    assert spec["task"] == "multiclass"
    assert spec["loss"]["name"] == "categorical_crossentropy"
    assert spec["output"]["activation"] == {"name": "softmax"}
    assert spec["validation"] == {"fraction": 0.2, "stratify": True}
    assert spec["layers"][1]["initializer"] == {"name": "he_normal"}
    assert spec["optimizer"]["learning_rate"] == 0.001


def test_ten_faults_of_every_kind_come_in_one_answer() -> None:
    found = faults(
        {
            "data": {"builtin": "iris", "target": "speciess"},
            "layers": [16, -1, {"type": "dens", "units": 3}, {"type": "dense", "units": 4, "activation": "relux"}],
            "activation": "sigmod",
            "optimizer": {"name": "adam", "learning_rat": 0.1, "beta_1": 1.5},
            "training": {"epochs": 0, "batch_size": "32", "early_stopping": {"monitor": "val_los"}},
            "validation": {"fraction": 0.6},
            "test": {"fraction": 0.5},
            "epochs": 10,
        }
    )
    assert found.keys() == {
        "/data/target",
        "/layers/1",
        "/layers/2/type",
        "/layers/3/activation",
        "/activation",
        "/optimizer/learning_rat",
        "/optimizer/beta_1",
        "/training/epochs",
        "/training/batch_size",
        "/training/early_stopping/monitor",
        "/test/fraction",
        "/epochs",
    }
    assert "did you mean 'dense'?" in found["/layers/2/type"]
    assert "did you mean 'learning_rate'?" in found["/optimizer/learning_rat"]
    assert found["/training/batch_size"] == "is '32'; it must be an integer"


EMBEDDING = {"type": "embedding", "columns": [0], "categories": [3]}


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"loss": "mse"}, "/loss", "for the task multiclass"),
        ({"output": {"activation": "tanh"}}, "/output/activation", "needs 'softmax'"),
        ({"optimizer": {"name": "sgd", "nesterov": True}}, "/optimizer/nesterov", "momentum"),
        ({"initializer": {"name": "random_uniform", "minval": 1.0}}, "/initializer/maxval", "greater than minval"),
        ({"training": {"early_stopping": {"monitor": "val_los"}}}, "/training/early_stopping/monitor", "val_loss"),
        (
            {"validation": None, "training": {"early_stopping": {}}},
            "/training/early_stopping/monitor",
            "without validation rows",
        ),
        ({"data": {"builtin": "diabetes"}, "validation": {"stratify": True}}, "/validation/stratify", "regression"),
        ({"data": {}}, "/data", "one of 'builtin', 'dataset' and 'inline'"),
        ({"data": {"builtin": "iris", "noise": 0.5}}, "/data/noise", "generated"),
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
        ({"bias_initializer": "identity"}, "/bias_initializer", "for kernels"),
        (
            {"layers": [{"type": "dense", "units": 3, "bias_initializer": "lsuv"}]},
            "/layers/0/bias_initializer",
            "for kern",
        ),
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
        (
            {"training": {"schedule": {"name": "reduce_on_plateau", "monitor": "val_mae"}}},
            "/training/schedule/monitor",
            "not measured",
        ),
        ({"training": {"class_weight": {"setosaa": 2.0}}}, "/training/class_weight/setosaa", "did you mean 'setosa'"),
        ({"training": {"class_weight": {"setosa": 0}}}, "/training/class_weight/setosa", "greater than 0"),
        (
            {"data": {"builtin": "diabetes"}, "training": {"class_weight": "balanced"}},
            "/training/class_weight",
            "classification",
        ),
        ({"data": {"builtin": "iris", "sample_weight": "w"}}, "/data/sample_weight", "no column has that name"),
        ({"optimizer": "lbfgs", "layers": [{"type": "dropout"}]}, "/layers/0", "line search"),
        ({"optimizer": "lbfgs", "training": {"schedule": "cosine"}}, "/training/schedule", "not for 'lbfgs'"),
        (
            {"data": {"builtin": "diabetes"}, "loss": "poisson", "preprocessing": {"target": "standard"}},
            "/preprocessing/target",
            "unscaled",
        ),
        ({"task": "multilabel"}, "/task", "several targets"),
        ({"layers": [4, EMBEDDING], "preprocessing": {"numeric": "none"}}, "/layers/1", "the first layer"),
        ({"layers": [EMBEDDING]}, "/preprocessing/numeric", "use 'none'"),
        (
            {"layers": [{**EMBEDDING, "columns": [4]}], "preprocessing": {"numeric": "none"}},
            "/layers/0/columns/0",
            "numbered 0 to 3",
        ),
        (
            {"layers": [{**EMBEDDING, "columns": [1, 1], "categories": [3, 3]}], "preprocessing": {"numeric": "none"}},
            "/layers/0/columns",
            "twice",
        ),
        ({"task": "regresion"}, "/task", "did you mean 'regression'?"),
    ],
)
def test_a_fault_is_named_with_its_place(fields: dict[str, Any], place: str, words: str) -> None:
    found = faults(job(**fields))
    assert list(found) == [place], found
    assert words in found[place]


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


SLOT_OF_FAMILY = {"initializers": "initializer", "activations": "activation", "optimizers": "optimizer"}


@pytest.mark.parametrize("family", SLOT_OF_FAMILY)
def test_every_part_is_accepted_by_name_by_alias_and_as_an_object(family: str) -> None:
    registry, slot = REGISTRIES[family], SLOT_OF_FAMILY[family]
    for name in registry.names:
        for written in (name, {"name": name}):
            assert getattr(read(job(**{slot: written})).spec, slot).name == name
    for alias, name in registry.aliases.items():
        for written in (alias, {"name": alias}):
            assert getattr(read(job(**{slot: written})).spec, slot).name == name


def test_slots_know_the_registries() -> None:
    assert set(SLOTS.values()) <= set(REGISTRIES.values())


def test_a_network_that_cannot_fit_is_refused_before_anything_is_made() -> None:
    started = time.perf_counter()
    with pytest.raises(TooLargeToTrain, match=r"309\.\d GiB.*4\.0 GiB"):
        read(job(layers=[60_000, 60_000]))
    assert time.perf_counter() - started < 1.0


DAYS = [{"day": f"2026-11-{place % 30 + 1:02}", "target": place % 2} for place in range(2000)]
ROWS = [{"a": f"v{place % 50}", "b": place, "target": place % 2} for place in range(2000)]


@pytest.mark.parametrize(
    ("fields", "advice"),
    [
        ({"layers": [2000, 2000]}, "the weights .*; use fewer units"),
        ({"training": {"batch_size": 2000}, "layers": [200]}, "2000 rows in the buffers .*; use a smaller batch_size"),
        ({}, "2000 rows of 52 inputs; use fewer rows or columns, or preprocessing.categorical as 'embedding'"),
        ({"preprocessing": {"categorical": "ignore"}}, "2000 rows of 1 inputs; use fewer rows or columns\\.$"),
        ({"data": {"inline": {"rows": DAYS}}}, "2000 rows of 7 inputs; use fewer rows or columns\\.$"),
    ],
)
def test_what_takes_most_of_the_memory_is_told_with_what_helps(fields: dict[str, Any], advice: str) -> None:
    document = {"data": {"inline": {"rows": ROWS}}, "layers": [2], "task": "binary"} | fields
    with pytest.raises(TooLargeToTrain, match=f"The largest part, .* MiB, is for {advice}"):
        read_job(document, limits=Limits(1 << 20), tables=no_tables)


def test_inline_data_is_taken_out_and_kept_apart() -> None:
    document = {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [0, 1, 1, 0]}
    plan = read(job(data={"inline": document}))
    assert plan.inline is not None
    assert json.loads(plan.inline) == document
    assert plan.spec.to_json()["data"]["inline"]["rows"] == 4
    assert plan.spec.validation is None
    other = read(job(data={"inline": {**document, "y": [1, 1, 1, 0]}}))
    assert other.digest != plan.digest


def test_name_and_metadata_do_not_change_the_digest() -> None:
    assert read(job(name="a", metadata={"b": "c"})).digest == read(SMALLEST).digest
    assert read(job(training={"seed": 1})).digest != read(SMALLEST).digest


def test_a_layers_own_null_regularizer_stands_against_the_jobs() -> None:
    layers = [4, {"type": "dense", "units": 4, "regularizer": None}]
    spec = read(job(layers=layers, regularizer="l2")).spec
    assert [layer.regularizer and layer.regularizer.name for layer in spec.layers] == ["l2", None]
    again = load_spec(spec.to_json())
    assert again.layers[1].regularizer is None


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


def many(count: int) -> dict[str, int]:
    return {f"field{number:x}": 1 for number in range(count)}


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


def test_a_job_has_a_bounded_number_of_values_beside_its_rows() -> None:
    with pytest.raises(PayloadTooLarge, match="50000 values"):
        read(job(metadata=many(60_000)))
    rows = [{"a": row, "b": row % 3} for row in range(60_000)]
    assert read(job(data={"inline": {"rows": rows}, "target": "b"})).data.rows == 60_000


def test_a_layer_with_units_alone_is_dense() -> None:
    plan = read_job({**SMALLEST, "layers": [{"units": 16, "activation": "tanh"}]}, limits=LIMITS, tables=no_tables)
    [layer] = plan.spec.to_json()["layers"]
    assert (layer["type"], layer["units"], layer["activation"]["name"]) == ("dense", 16, "tanh")


def test_a_small_job_needs_little_memory() -> None:
    plan = read_job(SMALLEST, limits=LIMITS, tables=no_tables)
    assert plan.estimate.memory_bytes < 32 << 20
