"""What a model that was exported for Keras, and imported again, answers to raw rows."""

from typing import Any

import numpy as np

from steelyard.exports import keras_inputs
from steelyard.exports.bundle import ModelBundle
from steelyard.exports.keras import describe
from steelyard.inference.rows import read_inputs
from steelyard.inference.service import Loaded
from tests.exports.running import stripped
from tests.exports.zoo import Rows


def answers_of(loaded: Loaded, bundle: ModelBundle, rows: Rows) -> Any:
    """Probabilities, scores, or values, for rows of the model that was exported, `(rows, n)`."""
    prepared = keras_inputs.prepare(stripped(rows), describe(bundle))
    cells = np.concatenate([np.asarray(each, np.float64) for each in prepared.values()], axis=1)
    kinds = loaded.inputs.features.items()
    sent = [
        {
            name: int(cell) if kind.encoding == "categories" else cell
            for (name, kind), cell in zip(kinds, row, strict=True)
        }
        for row in cells.tolist()
    ]
    said = loaded.answer(read_inputs({"inputs": sent}, loaded.inputs, loaded.network.dtype).x)
    if loaded.target is not None:
        return np.asarray(loaded.in_own_words(said.predictions), np.float64).reshape(len(rows), -1)
    return said.outputs if said.probabilities is None else said.probabilities
