"""Which epoch's weights are the best, and when there is no use in going on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from annotated_types import Ge

from steelyard.trainer.metrics import METRICS


@dataclass(frozen=True)
class EarlyStopping:
    """Stops when `monitor` has not got better by more than `min_delta` for `patience` epochs.

    With `restore_best` the network ends with the weights of its best epoch. Keras 3, keras.callbacks.EarlyStopping.
    """

    monitor: str = "val_loss"
    patience: Annotated[int, Ge(0)] = 10
    min_delta: Annotated[float, Ge(0)] = 0.0
    restore_best: bool = True


def greater_is_better(monitor: str) -> bool:
    """Whether a series of the history is good when it is great: accuracy is, a loss is not."""
    name = monitor.removeprefix("val_")
    return name in METRICS and METRICS[name].greater_is_better


@dataclass
class BestEpoch:
    """The best value of `monitor` so far, its epoch, and how many epochs have gone by without a better one."""

    monitor: str
    min_delta: float
    value: float = field(default=math.nan)
    epoch: int = 0
    waited: int = 0

    def is_improved_by(self, epoch: int, values: Mapping[str, float]) -> bool:
        """Take in an epoch; whether it is the best so far."""
        value = values[self.monitor]
        sign = -1 if greater_is_better(self.monitor) else 1
        if self.epoch == 0 or sign * (self.value - value) > self.min_delta:
            self.value, self.epoch, self.waited = value, epoch, 0
            return True
        self.waited += 1
        return False

    def state(self) -> dict[str, Any]:
        """What `restore` needs."""
        return {"value": self.value, "epoch": self.epoch, "waited": self.waited}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from an earlier state."""
        self.value, self.epoch, self.waited = state["value"], state["epoch"], state["waited"]
