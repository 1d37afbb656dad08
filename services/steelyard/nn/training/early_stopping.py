"""Which epoch's weights are the best, and when there is no use in going on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge

from steelyard.nn.metrics import greater_is_better


@dataclass(frozen=True)
class EarlyStopping:
    """Stops after `patience` epochs in which `monitor` did not get better by more than `min_delta`.

    `min_delta` is measured from the last value that improved by it, as in Keras, or from the best value so far, as in
    scikit-learn: there, many small improvements do not add up to one that counts. With `restore_best` the network ends
    with the weights of its best epoch. As in Keras, a patience of 0 stops at the first epoch that is no better.
    Sources: Keras 3, keras.callbacks.EarlyStopping; scikit-learn, MLPClassifier(tol, n_iter_no_change).
    """

    monitor: str = "val_loss"
    patience: Annotated[int, Ge(0)] = 10
    min_delta: Annotated[float, Ge(0)] = 0.0
    restore_best: bool = True
    min_delta_from: Literal["improvement", "best"] = "improvement"


@dataclass
class BestEpoch:
    """The best value of `monitor` so far, its epoch, and how many epochs have gone by without a better one."""

    monitor: str
    min_delta: float
    value: float = field(default=math.nan)
    epoch: int = 0
    waited: int = 0
    min_delta_from: Literal["improvement", "best"] = "improvement"

    def is_improved_by(self, epoch: int, values: Mapping[str, float]) -> bool:
        """Take in an epoch; whether it is the best so far. Any number is better than none (NaN)."""
        value = values[self.monitor]
        gain = value - self.value if greater_is_better(self.monitor) else self.value - value
        is_first = self.epoch == 0 or (math.isnan(self.value) and not math.isnan(value))
        if self.min_delta_from == "best":
            counts, is_best = is_first or gain >= self.min_delta, is_first or gain > 0
        else:
            counts = is_best = is_first or gain > self.min_delta
        self.waited = 0 if counts else self.waited + 1
        if is_best:
            self.value, self.epoch = value, epoch
        return is_best

    def is_stale(self, patience: int) -> bool:
        """Whether it has stood for as many epochs as `patience` allows."""
        return self.waited >= max(1, patience)

    def state(self) -> dict[str, Any]:
        """What `restore` needs."""
        return {"value": self.value, "epoch": self.epoch, "waited": self.waited}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from an earlier state."""
        self.value, self.epoch, self.waited = state["value"], state["epoch"], state["waited"]
