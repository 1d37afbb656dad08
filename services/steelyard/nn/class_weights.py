"""How much each class counts so that all classes have the same total weight."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def balance(classes: NDArray[np.int64], weights: NDArray[Any], count: int) -> NDArray[np.float64]:
    """The weight of each class, `(count,)`, by which its rows' own weights are multiplied.

    `W / (k · W_c)`: `W` is the weight of all rows, `W_c` that of the rows of the class, `k` the number of classes that
    have any. A class without weight has 0.

    Args:
        classes: class indices `(rows,)`.
        weights: the rows' own weights `(rows,)`, not negative.
        count: how many classes there are.

    Source: scikit-learn 1.9, compute_class_weight("balanced", ..., sample_weight=weights).
    """
    totals = np.bincount(classes, weights=weights, minlength=count)
    present = totals > 0
    share = totals.sum() / max(1, np.count_nonzero(present))
    shares: NDArray[np.float64] = np.divide(share, totals, out=np.zeros(count), where=present)
    return shares
