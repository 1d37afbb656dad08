"""The defaults of Keras 3."""

from steelyard.training.presets.base import PartDefaults, Preset, Setting

ADAM = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
HAT = {"epsilon_hat": True, "amsgrad": False}  # keras.optimizers.Adam.update_step adds epsilon before the correction
DENSE = [{"type": "dense", "units": 64}, {"type": "dense", "units": 64}]

KERAS = Preset(
    name="keras",
    framework="Keras",
    version="3.15",
    settings=(
        Setting("/layers", DENSE, "no default; two layers of 64 units in the guide to training and evaluation"),
        Setting(
            "/activation",
            {"name": "relu"},
            "keras.layers.Dense(activation=None) would make the whole network linear; the guides use relu",
        ),
        Setting("/initializer", {"name": "glorot_uniform"}, "keras.layers.Dense(kernel_initializer='glorot_uniform')"),
        Setting("/bias_initializer", {"name": "zeros"}, "keras.layers.Dense(bias_initializer='zeros')"),
        Setting("/regularizer", None, "keras.layers.Dense(kernel_regularizer=None)"),
        Setting("/preprocessing/numeric", "standard", "numbers are not scaled by default; keras.layers.Normalization"),
        Setting("/validation", None, "keras.Model.fit(validation_split=0.0)"),
        Setting("/optimizer", {"name": "rmsprop"}, "keras.Model.compile(optimizer='rmsprop')"),
        Setting("/training/batch_size", 32, "keras.Model.fit(batch_size=None), which is 32"),
        Setting("/training/epochs", 1, "keras.Model.fit(epochs=1)"),
        Setting("/training/shuffle", True, "keras.Model.fit(shuffle=True)"),
        Setting("/training/early_stopping", None, "keras.Model.fit(callbacks=None)"),
        Setting("/training/schedule", None, "a constant rate: keras.optimizers.RMSprop(learning_rate=0.001)"),
        Setting("/training/dtype", "float32", "keras.config.floatx()"),
    ),
    parts=(
        PartDefaults("optimizer", "adam", ADAM | HAT | {"weight_decay": 0.0}, "keras.optimizers.Adam"),
        PartDefaults("optimizer", "adamw", ADAM | HAT | {"weight_decay": 0.004}, "keras.optimizers.AdamW"),
        PartDefaults(
            "optimizer",
            "adamax",
            ADAM | {"weight_decay": 0.0},
            "keras.optimizers.Adamax, which adds epsilon after the maximum instead of to the gradient",
        ),
        PartDefaults(
            "optimizer", "nadam", ADAM | {"weight_decay": 0.0, "momentum_decay": 1.0}, "keras.optimizers.Nadam"
        ),
        PartDefaults(
            "optimizer",
            "rmsprop",
            {
                "learning_rate": 0.001,
                "rho": 0.9,
                "momentum": 0.0,
                "epsilon": 1e-7,
                "epsilon_in_root": True,
                "centered": False,
                "weight_decay": 0.0,
            },
            "keras.optimizers.RMSprop",
        ),
        PartDefaults(
            "optimizer",
            "adagrad",
            {
                "learning_rate": 0.001,
                "initial_accumulator_value": 0.1,
                "epsilon": 1e-7,
                "epsilon_in_root": True,
                "weight_decay": 0.0,
            },
            "keras.optimizers.Adagrad",
        ),
        PartDefaults(
            "optimizer",
            "adadelta",
            {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7, "weight_decay": 0.0},
            "keras.optimizers.Adadelta",
        ),
        PartDefaults(
            "optimizer",
            "lion",
            {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.99, "weight_decay": 0.0},
            "keras.optimizers.Lion",
        ),
        PartDefaults(
            "optimizer",
            "sgd",
            {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0},
            "keras.optimizers.SGD",
        ),
        PartDefaults(
            "layer", "batch_normalization", {"momentum": 0.99, "epsilon": 0.001}, "keras.layers.BatchNormalization"
        ),
        PartDefaults("layer", "layer_normalization", {"epsilon": 0.001}, "keras.layers.LayerNormalization"),
        PartDefaults("activation", "leaky_relu", {"negative_slope": 0.2}, "keras.activations.leaky_relu"),
        PartDefaults("activation", "elu", {"alpha": 1.0}, "keras.activations.elu"),
        PartDefaults("activation", "celu", {"alpha": 1.0}, "keras.activations.celu"),
        PartDefaults("activation", "gelu", {"approximate": False}, "keras.activations.gelu"),
        PartDefaults("activation", "prelu", {"alpha": 0.0}, "keras.layers.PReLU, which begins with zeros"),
        PartDefaults("regularizer", "l1", {"l1": 0.01}, "keras.regularizers.L1"),
        PartDefaults("regularizer", "l2", {"l2": 0.01}, "keras.regularizers.L2"),
        PartDefaults("regularizer", "l1_l2", {"l1": 0.0, "l2": 0.0}, "keras.regularizers.L1L2"),
    ),
    early_stopping=PartDefaults(
        "early stopping",
        "early_stopping",
        {
            "monitor": "val_loss",
            "patience": 0,
            "min_delta": 0.0,
            "restore_best": False,
            "min_delta_from": "improvement",
        },
        "keras.callbacks.EarlyStopping",
    ),
    differences=(
        "Keras trains one epoch unless `epochs` is named, and so does this preset.",
        "`weight_decay` of all optimizers but `adamw` is added to the gradient; Keras's is decoupled, as in `adamw`.",
        "`adamax` adds epsilon to the gradient inside the maximum; Keras adds it after the maximum.",
        "With a `validation` split the rows are drawn at random; Keras's `validation_split` takes the last ones.",
    ),
)
