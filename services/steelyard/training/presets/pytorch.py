"""The defaults of PyTorch, and what its tutorials have where it has none."""

from steelyard.training.presets.base import PartDefaults, Preset, Setting

ADAM = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}
PLAIN = {"epsilon_hat": False, "amsgrad": False}
DENSE = [{"type": "dense", "units": 64}, {"type": "dense", "units": 64}]
# Kaiming's uniform draws with a = √5 are uniform within ±1/√inputs, a variance of 1 / (3 · inputs).
LINEAR = {"name": "variance_scaling", "scale": 1 / 3, "mode": "fan_in", "distribution": "uniform"}
TUTORIAL = "the tutorial Optimizing Model Parameters"

PYTORCH = Preset(
    name="pytorch",
    framework="PyTorch",
    version="2.13",
    settings=(
        Setting("/layers", DENSE, "no default network; two layers of 64 units are Steelyard's"),
        Setting("/activation", {"name": "relu"}, "torch.nn.Linear has no activation; the tutorials use torch.nn.ReLU"),
        Setting(
            "/initializer",
            LINEAR | {"fans": "own"},
            "torch.nn.Linear.reset_parameters: kaiming_uniform_(a=√5), uniform within ±1/√inputs",
        ),
        Setting(
            "/bias_initializer",
            LINEAR | {"fans": "kernel"},
            "torch.nn.Linear.reset_parameters: uniform within ±1/√inputs",
        ),
        Setting("/regularizer", None, "torch.nn.Linear has none; weight decay is the optimizer's"),
        Setting(
            "/preprocessing/numeric", "standard", "numbers are not scaled by default; the tutorials normalize inputs"
        ),
        Setting("/validation", None, "no rows are held out by default"),
        Setting("/optimizer", {"name": "adam"}, "no default optimizer; Adam is the usual one"),
        Setting("/training/batch_size", 64, f"torch.utils.data.DataLoader(batch_size=1); {TUTORIAL} has 64"),
        Setting("/training/epochs", 10, f"no default; {TUTORIAL} trains 10"),
        Setting(
            "/training/shuffle",
            True,
            "torch.utils.data.DataLoader(shuffle=None) keeps the order; the tutorial Datasets & DataLoaders shuffles",
        ),
        Setting("/training/early_stopping", None, "training loops have none by default"),
        Setting("/training/schedule", None, "a constant rate, without torch.optim.lr_scheduler"),
        Setting("/training/dtype", "float32", "torch.get_default_dtype()"),
    ),
    parts=(
        PartDefaults("optimizer", "adam", ADAM | PLAIN | {"weight_decay": 0.0}, "torch.optim.Adam"),
        PartDefaults("optimizer", "adamw", ADAM | PLAIN | {"weight_decay": 0.01}, "torch.optim.AdamW"),
        PartDefaults("optimizer", "adamax", ADAM | {"learning_rate": 0.002, "weight_decay": 0.0}, "torch.optim.Adamax"),
        PartDefaults(
            "optimizer",
            "nadam",
            ADAM | {"learning_rate": 0.002, "weight_decay": 0.0, "momentum_decay": 0.004},
            "torch.optim.NAdam",
        ),
        PartDefaults(
            "optimizer",
            "rmsprop",
            {
                "learning_rate": 0.01,
                "rho": 0.99,
                "momentum": 0.0,
                "epsilon": 1e-8,
                "epsilon_in_root": False,
                "centered": False,
                "weight_decay": 0.0,
            },
            "torch.optim.RMSprop",
        ),
        PartDefaults(
            "optimizer",
            "adagrad",
            {
                "learning_rate": 0.01,
                "initial_accumulator_value": 0.0,
                "epsilon": 1e-10,
                "epsilon_in_root": False,
                "weight_decay": 0.0,
            },
            "torch.optim.Adagrad",
        ),
        PartDefaults(
            "optimizer",
            "adadelta",
            {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6, "weight_decay": 0.0},
            "torch.optim.Adadelta",
        ),
        PartDefaults(
            "optimizer",
            "sgd",
            {"learning_rate": 0.001, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0},
            "torch.optim.SGD",
        ),
        PartDefaults("layer", "dropout", {"rate": 0.5}, "torch.nn.Dropout"),
        PartDefaults("layer", "batch_normalization", {"momentum": 0.9, "epsilon": 1e-5}, "torch.nn.BatchNorm1d"),
        PartDefaults("layer", "layer_normalization", {"epsilon": 1e-5}, "torch.nn.LayerNorm"),
        PartDefaults("activation", "leaky_relu", {"negative_slope": 0.01}, "torch.nn.LeakyReLU"),
        PartDefaults("activation", "elu", {"alpha": 1.0}, "torch.nn.ELU"),
        PartDefaults("activation", "celu", {"alpha": 1.0}, "torch.nn.CELU"),
        PartDefaults("activation", "gelu", {"approximate": False}, "torch.nn.GELU"),
        PartDefaults("activation", "prelu", {"alpha": 0.25}, "torch.nn.PReLU"),
        PartDefaults("initializer", "random_normal", {"mean": 0.0, "stddev": 1.0}, "torch.nn.init.normal_"),
        PartDefaults("initializer", "random_uniform", {"minval": 0.0, "maxval": 1.0}, "torch.nn.init.uniform_"),
        PartDefaults("initializer", "truncated_normal", {"mean": 0.0, "stddev": 1.0}, "torch.nn.init.trunc_normal_"),
        PartDefaults("initializer", "orthogonal", {"gain": 1.0}, "torch.nn.init.orthogonal_"),
    ),
    differences=(
        "PyTorch has no default network, optimizer or number of epochs: the values come from its tutorials.",
        "`glorot_normal`, `he_normal` and `lecun_normal` are truncated at two standard deviations; PyTorch's are not.",
        "`prelu` has a slope for each unit; `torch.nn.PReLU()` has one for all.",
        "`batch_normalization` keeps a running variance without Bessel's correction; PyTorch's has it.",
        "`lbfgs` searches along each direction; `torch.optim.LBFGS` does so only with `line_search_fn`.",
    ),
)
