"""Example jobs for the OpenAPI document. A test runs each of them."""

from typing import Any

SMALLEST: dict[str, Any] = {
    "data": {"builtin": "iris"},
    "layers": [16, 8],
    "initializer": "he_normal",
    "activation": "relu",
    "optimizer": "adam",
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "smallest": SMALLEST,
    "xor": {
        "name": "exclusive or",
        "data": {"inline": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [0, 1, 1, 0]}},
        "layers": [8],
        "activation": "tanh",
        "optimizer": {"name": "adam", "learning_rate": 0.05},
        "training": {"epochs": 200, "batch_size": 4},
    },
    "records": {
        "name": "rooms and rents",
        "data": {
            "inline": {
                "rows": [
                    {"rooms": 1, "area": 28.0, "rent": 410.0},
                    {"rooms": 2, "area": 45.5, "rent": 590.0},
                    {"rooms": 3, "area": 71.0, "rent": 820.5},
                    {"rooms": 4, "area": 96.0, "rent": 1105.0},
                ]
            },
            "target": "rent",
        },
        "layers": [],
        "training": {"epochs": 50},
    },
    "preset": {"name": "as in scikit-learn", "data": {"builtin": "wine"}, "preset": "sklearn"},
    "everything": {
        "name": "digits",
        "metadata": {"team": "vision"},
        "data": {"builtin": "digits"},
        "task": "multiclass",
        "preprocessing": {"numeric": "standard"},
        "validation": {"fraction": 0.15, "stratify": True},
        "test": {"fraction": 0.15, "stratify": True},
        "layers": [
            {"type": "dense", "units": 64, "activation": "gelu", "regularizer": {"name": "l2", "l2": 1e-5}},
            {"type": "dropout", "rate": 0.2},
            {"type": "dense", "units": 32, "activation": "linear", "use_bias": False},
            {"type": "activation", "activation": {"name": "leaky_relu", "negative_slope": 0.1}},
        ],
        "output": {"initializer": "glorot_normal"},
        "initializer": "he_uniform",
        "bias_initializer": "zeros",
        "optimizer": {"name": "adamw", "learning_rate": 0.003, "weight_decay": 0.01},
        "loss": {"name": "categorical_crossentropy", "label_smoothing": 0.05},
        "training": {
            "epochs": 20,
            "batch_size": 64,
            "shuffle": True,
            "seed": 7,
            "early_stopping": {"monitor": "val_loss", "patience": 5, "restore_best": True},
        },
    },
}
