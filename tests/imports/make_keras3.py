"""Writes `keras3.keras` and what Keras answers, with Keras installed: python -m tests.imports.make_keras3."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

FILE = Path(__file__).with_name("keras3.keras")


def make() -> Any:
    """A model with an embedding, a residual block and normalizations; its weights are random."""
    layers = keras.layers
    number, color = keras.Input((3,), name="number"), keras.Input((1,), name="color", dtype="int32")
    scaled = layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0])(number)
    vector = layers.Flatten()(layers.Embedding(5, 2)(color))
    x = layers.BatchNormalization()(layers.Concatenate()([vector, scaled]))
    x = layers.Dense(4, activation="gelu")(x)
    x = layers.LeakyReLU()(layers.Add()([x, layers.Dense(4, activation="swish")(x)]))
    x = layers.Dense(3, activation="softmax")(layers.LayerNormalization()(x))
    return keras.Model([number, color], x)


def main() -> None:
    """Write both files."""
    draw = np.random.default_rng(0)
    model = make()
    for weight in model.weights:
        weight.assign(np.abs(draw.normal(0.2, 0.5, weight.shape)) + 0.1 * ("variance" in weight.name))
    model.save(FILE)
    number, color = draw.normal(2, 3, (8, 3)).astype(np.float32), draw.integers(0, 5, (8, 1))
    answers = keras.ops.convert_to_numpy(model([number, color])).tolist()
    rows = [[*one, *two] for one, two in zip(number.tolist(), color.tolist(), strict=True)]
    FILE.with_suffix(".json").write_text(json.dumps({"rows": rows, "answers": answers}))


if __name__ == "__main__":
    main()
