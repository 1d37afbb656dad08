"""What a form for one row needs to know of a model's inputs: their categories, and a typical value."""

from typing import Any

import numpy as np

from steelyard.inference.schema import ModelInput, ModelInputs
from steelyard.inference.service import Loaded
from steelyard.tabular.encoder import Encoder

DIGITS = 4  # of a typical number
MOST_CATEGORIES = 1000


def describe_inputs(model_id: str, model: Loaded) -> ModelInputs:
    """The inputs in the order in which a row has them."""
    encoder = model.inputs
    categories = {each.name: list(each.labels) for each in encoder.categories}
    return ModelInputs(
        object="inputs",
        model=model_id,
        inputs=[
            ModelInput(
                name=name,
                kind=kind.kind,
                type=kind.name,
                categories=categories[name][:MOST_CATEGORIES] if name in categories else None,
                typical=_typical(encoder, name, categories.get(name)),
            )
            for name, kind in encoder.features.items()
        ],
    )


def _typical(encoder: Encoder, name: str, categories: list[Any] | None) -> Any:
    """What a missing value counts as, or the center of the training rows; the first category; no datetime."""
    if categories is not None:
        filled = next(each.fill for each in encoder.categories if each.name == name)
        return filled if filled is not None else next(iter(categories), None)
    if name not in encoder.numbers:
        return None
    place, kind = encoder.numbers.index(name), encoder.features[name]
    value = float(encoder.fill[place])
    if np.isnan(value):
        value = float(encoder.scaler.center[place])
    if kind.name == "boolean":
        return value >= 0.5
    return kind.write([float(f"{value:.{DIGITS}g}")])[0]
