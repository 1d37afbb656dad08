"""The defaults of scikit-learn's MLPClassifier and MLPRegressor."""

from steelyard.training.presets.base import PartDefaults, Preset, Setting

MLP = "MLPClassifier and MLPRegressor"
# _init_coef draws weights and biases uniformly within ±√(6 / (inputs + units)), or ±√(2 / …) for logistic units.
SCALING = {"name": "variance_scaling", "mode": "fan_avg", "distribution": "uniform"}
LOGISTIC = ("/activation", "sigmoid")

SKLEARN = Preset(
    name="sklearn",
    framework="scikit-learn",
    version="1.9",
    settings=(
        Setting("/layers", [{"type": "dense", "units": 100}], f"{MLP}(hidden_layer_sizes=(100,))"),
        Setting("/activation", {"name": "relu"}, f"{MLP}(activation='relu')"),
        Setting(
            "/initializer",
            SCALING | {"scale": 1 / 3, "fans": "own"},
            f"{MLP} draw uniformly within ±√(2 / (inputs + units)) for activation='logistic'",
            where=LOGISTIC,
        ),
        Setting(
            "/initializer",
            {"name": "glorot_uniform"},
            f"{MLP} draw uniformly within ±√(6 / (inputs + units))",
        ),
        Setting(
            "/bias_initializer",
            SCALING | {"scale": 1 / 3, "fans": "kernel"},
            f"{MLP} draw biases like the weights, for activation='logistic' within ±√(2 / (inputs + units))",
            where=LOGISTIC,
        ),
        Setting(
            "/bias_initializer",
            SCALING | {"scale": 1.0, "fans": "kernel"},
            f"{MLP} draw biases like the weights, within ±√(6 / (inputs + units))",
        ),
        Setting(
            "/preprocessing/numeric",
            "standard",
            "numbers are not scaled by default; the guide recommends StandardScaler",
        ),
        Setting(
            "/validation",
            {"fraction": 0.1},
            f"{MLP}(validation_fraction=0.1), for early_stopping=True",
            where=("/training/early_stopping", ""),
        ),
        Setting("/validation", None, f"{MLP}(early_stopping=False) hold no rows out"),
        Setting("/optimizer", {"name": "adam"}, f"{MLP}(solver='adam')"),
        Setting("/training/batch_size", 200, f"{MLP}(batch_size='auto'): 200, or all rows if there are fewer"),
        Setting("/training/epochs", 200, f"{MLP}(max_iter=200)"),
        Setting("/training/shuffle", True, f"{MLP}(shuffle=True)"),
        Setting(
            "/training/early_stopping",
            {
                "monitor": "loss",
                "patience": 11,
                "min_delta": 1e-4,
                "restore_best": False,
                "min_delta_from": "best",
            },
            f"{MLP}(tol=0.0001, n_iter_no_change=10) stop when more than 10 epochs in a row lower the training loss "
            "by less than tol",
        ),
        Setting("/training/schedule", None, f"{MLP}(learning_rate='constant')"),
        Setting("/training/dtype", "float64", f"{MLP} compute in double precision unless the rows are float32"),
    ),
    parts=(
        PartDefaults(
            "optimizer",
            "adam",
            {
                "learning_rate": 0.001,
                "beta_1": 0.9,
                "beta_2": 0.999,
                "epsilon": 1e-8,
                "epsilon_hat": True,
                "amsgrad": False,
                "weight_decay": 0.0,
            },
            f"the AdamOptimizer of {MLP}",
        ),
        PartDefaults(
            "optimizer",
            "sgd",
            {"learning_rate": 0.001, "momentum": 0.9, "nesterov": True, "weight_decay": 0.0},
            f"the SGDOptimizer of {MLP}",
            only_with={"nesterov": "momentum"},
        ),
    ),
    early_stopping=PartDefaults(
        "early stopping",
        "early_stopping",
        {"patience": 11, "min_delta": 1e-4, "restore_best": True, "min_delta_from": "best"},
        f"{MLP}(early_stopping=True, tol=0.0001, n_iter_no_change=10)",
    ),
    losses={
        "regression": Setting(
            "/loss", {"name": "half_squared_error"}, "MLPRegressor(loss='squared_error') minimizes half of it"
        )
    },
    alpha=(1e-4, f"{MLP}(alpha=0.0001), divided by twice the rows of a batch"),
    differences=(
        "Every step has the L2 penalty of a full batch; scikit-learn divides by the rows of each batch, so that the "
        "last, smaller batch of an epoch has a larger penalty.",
        "With several targets or labels the loss is their mean; scikit-learn's gradient is that of their sum.",
        "With a column of sample weights the penalty is divided by the rows of a batch, not by their weights.",
        "An `early_stopping` that is named monitors `val_loss` unless it says otherwise; with `early_stopping=True` "
        "scikit-learn watches the accuracy or R² of the validation rows.",
        "Regression targets are standardized unless `preprocessing.target` is `none`; scikit-learn never does that.",
        "`lbfgs` is Steelyard's own, not SciPy's.",
    ),
)
