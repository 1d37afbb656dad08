"""Records as bytes, and as series."""

import hashlib

import numpy as np
import pytest

from steelyard.diagnostics.recording.record import (
    BINS,
    HASH_BYTES,
    HISTOGRAM_EDGES,
    LAYER_SERIES,
    RUN_SERIES,
    TENSOR_SERIES,
    LayerFacts,
    Layout,
    Record,
    Recording,
    TensorPlace,
    record_bytes,
)

LAYOUT = Layout(
    (LayerFacts("dense_1", "dense", "relu", 3), LayerFacts("output", "dense", "linear", 1)),
    (
        TensorPlace("dense_1/kernel", "dense_1", (2, 3), trainable=True),
        TensorPlace("output/kernel", "output", (3, 1), trainable=False),
    ),
    "float32",
)


def record(epoch: int) -> Record:
    generator = np.random.default_rng(epoch)
    tensors = generator.normal(size=(2, len(TENSOR_SERIES)))
    tensors[1, 3] = np.nan
    counts = generator.integers(100, size=(2, BINS)).astype(np.uint32)
    layers = generator.normal(size=(2, len(LAYER_SERIES)))
    return Record(epoch, generator.normal(size=len(RUN_SERIES)), layers, tensors, counts)


def test_a_record_comes_back_from_its_bytes() -> None:
    kept = record(3)
    content = kept.to_bytes()
    assert len(content) == record_bytes(layers=2, tensors=2)
    found = Record.from_bytes(3, content, LAYOUT)
    for name in ("run", "layers", "tensors", "histograms"):
        np.testing.assert_array_equal(getattr(found, name), getattr(kept, name))


def test_a_layout_comes_back_from_its_document() -> None:
    assert Layout.from_json(LAYOUT.to_json()) == LAYOUT


def test_series_are_in_the_order_of_the_epochs() -> None:
    recording = Recording.of(LAYOUT, [record(4), record(0), record(1)])
    assert recording.epochs.tolist() == [0, 1, 4]
    assert recording.of_run("loss").tolist() == [record(epoch).run[0] for epoch in (0, 1, 4)]
    dead = [record(epoch).layers[1, LAYER_SERIES.index("dead")] for epoch in (0, 1, 4)]
    assert recording.of_layer("output", "dead").tolist() == dead
    norms = [record(epoch).tensors[0, TENSOR_SERIES.index("norm")] for epoch in (0, 1, 4)]
    assert recording.of_tensor("dense_1/kernel", "norm").tolist() == norms


def test_a_recording_without_records_has_empty_series() -> None:
    recording = Recording.of(LAYOUT, [])
    assert recording.epochs.tolist() == []
    assert recording.of_layer("dense_1", "dead").tolist() == []


def test_series_and_bins_are_those_that_are_documented() -> None:
    quantiles = [name for name in TENSOR_SERIES if name.startswith("quantile")]
    assert quantiles == [f"quantile_{share}" for share in ("01", "05", "25", "50", "75", "95", "99")]
    assert (BINS, len(HISTOGRAM_EDGES)) == (65, 64)
    assert (HISTOGRAM_EDGES[0], HISTOGRAM_EDGES[-1]) == pytest.approx((-81.377, 81.377), rel=1e-4)
    steps = np.diff(np.arcsinh(HISTOGRAM_EDGES / 1e-3))
    np.testing.assert_allclose(steps, 24 / 63)
    assert hashlib.sha256().digest_size == HASH_BYTES


def test_the_bytes_of_tensors_follow_one_another() -> None:
    assert LAYOUT.byte_spans == {"dense_1/kernel": slice(0, 24), "output/kernel": slice(24, 36)}


def test_a_member_of_an_ensemble_has_its_name_before_those_of_its_layers() -> None:
    named = LAYOUT.named_after("member_2")
    assert [layer.name for layer in named.layers] == ["member_2.dense_1", "member_2.output"]
    assert named.tensors[0] == TensorPlace("member_2.dense_1/kernel", "member_2.dense_1", (2, 3), trainable=True)
