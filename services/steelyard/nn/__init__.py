"""Neural networks in NumPy: arrays and a specification in, weights out.

This package knows nothing of HTTP, SQL, queues, files or clocks, so it can be used alone. With scikit-learn's face:

    from steelyard.nn import MLPClassifier

    MLPClassifier((32,), "gelu", optimizer="adamw").fit(x, y).score(x, y)

or a part at a time: `Network(layers, inputs=…)`, `initialize`, and `Training(network, loss, optimizer, x, y, …).run()`,
from `network` and `training.loop`; the layers, losses, optimizers, schedules are in the modules of those names.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steelyard.nn.sklearn import MLPClassifier, MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]


def __getattr__(name: str) -> Any:
    """The estimators, imported when they are asked for: scikit-learn takes a second, and few need it."""
    if name in __all__:
        from steelyard.nn import sklearn  # noqa: PLC0415

        return getattr(sklearn, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
