"""How much each column moves a network's outputs, by three methods, each with a control.

The controls (`controls.py`) are columns of which nothing was learned: shuffled copies of the model's columns, connected
by weights as they are drawn before training. A column says something only above the level of these. There are
`CONTROLS` of them, one at a time, so that the others work as they do without it; the greatest is the level, as among
the shadow features of Kursa and Rudnicki 2010 (Feature selection with the Boruta package, Journal of Statistical
Software 36(11)), which need the model to be trained again. In a network that was never trained, a column is above ten
controls like it with a probability of 1 in 11.

Columns are groups of inputs (one-hot places, parts of a date, a vector). What they are called is not known here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, get_args

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from steelyard.attribution.controls import Control, Places, Widened, draw_controls
from steelyard.attribution.schema import Method
from steelyard.nn.ensemble import AnyNetwork
from steelyard.nn.layers import ActivationLayer, BatchNormalization, Dense, Dropout, GaussianNoise
from steelyard.nn.network import Network

Array = NDArray[Any]
METHODS: tuple[str, ...] = get_args(Method)
CONTROLS = 10
CONTROL_ROWS = 30
REPEATS = 5
STEPS = 50  # as in Captum
IGNORED = (Dropout, GaussianNoise, ActivationLayer)  # nothing at inference, or a curve, which the weights do not show


@dataclass(frozen=True)
class Importance:
    """What a method says of every column, and of the controls.

    `values` `(columns,)`, `control` `(CONTROLS,)`; `spread` `(columns,)` over repeats or rows; `by_output`
    `(columns, outputs)`.
    """

    values: Array
    control: Array
    spread: Array | None = None
    by_output: Array | None = None

    @property
    def ranks(self) -> Array:
        """1 for the greatest; equal ones share the better rank."""
        _, places, counts = np.unique(-self.values, return_inverse=True, return_counts=True)
        found: Array = (counts.cumsum() - counts + 1)[places]
        return found

    @property
    def level(self) -> float:
        """What a column must exceed."""
        return float(self.control.max())


@dataclass(frozen=True)
class Permuted:
    """Permutation importance by several measures; `base` `(measures,)` are those of the rows as they are."""

    importances: tuple[Importance, ...]
    base: Array


@dataclass(frozen=True)
class Integrated:
    """Integrated gradients: `attributions` `(rows, outputs, columns)`, of the way from `start` `(outputs,)` to `end`.

    `residual` is the largest difference between the sum of a row's attributions and `end − start`.
    """

    importance: Importance
    attributions: Array
    start: Array
    end: Array
    residual: float


def outputs(network: AnyNetwork, inputs: Array, *, logits: bool) -> Array:
    """The outputs `(rows, outputs)` for embedded inputs."""
    z = np.ascontiguousarray(inputs, network.dtype)
    return Widened(network, None, len(z), logits=logits).forward(z).copy()


def permute(
    network: AnyNetwork,
    inputs: Array,
    groups: Places,
    measure: Callable[[Array], Array],
    generator: Generator,
    *,
    logits: bool,
) -> Permuted:
    """How much worse the outputs get when a column's values are shuffled among the rows.

    Args:
        network: the network.
        inputs: `(rows, inputs)`, embedded.
        groups: the inputs of each column.
        measure: of outputs `(rows, outputs)`, `(measures,)`: the greater, the worse.
        generator: randomness.
        logits: whether the outputs are those before the last activation.

    Source: Breiman 2001, Random forests; Fisher, Rudin and Dominici 2019, arXiv:1801.01489; scikit-learn's
    permutation_importance, which shuffles column by column and knows no groups.
    """
    x = np.array(inputs, network.dtype, order="C")
    plain = Widened(network, None, len(x), logits=logits)
    entering = plain.enter(x)
    base, shuffled = _shuffle(plain, x, groups, measure, generator)
    worse = shuffled - base
    control = []
    for each in draw_controls(network, groups, CONTROLS, generator, entering):
        z = np.hstack([x, each.values(entering, generator)])
        added = np.arange(x.shape[1], z.shape[1])
        widened = Widened(network, each, len(z), logits=logits)
        without, found = _shuffle(widened, z, [added], measure, generator)
        control.append((found - without).mean(axis=1)[0])
    columns, controls = worse.mean(axis=1), np.array(control)
    importances = (Importance(columns[:, m], controls[:, m], worse[:, :, m].std(axis=1)) for m in range(len(base)))
    return Permuted(tuple(importances), base)


def _shuffle(
    widened: Widened, z: Array, groups: Places, measure: Callable[[Array], Array], generator: Generator
) -> tuple[Array, Array]:
    """The measures as it is, `(measures,)`, and with each group shuffled, `(groups, REPEATS, measures)`."""
    base = measure(widened.forward(z))
    found = np.empty((len(groups), REPEATS, len(base)))
    for index, places in enumerate(groups):
        kept = z[:, places]
        for repeat in range(REPEATS):
            z[:, places] = kept[generator.permutation(len(z))]
            found[index, repeat] = measure(widened.forward(z))
        z[:, places] = kept
    return base, found


def integrate(
    network: AnyNetwork,
    inputs: Array,
    baseline: Array,
    groups: Places,
    directions: Array,
    generator: Generator,
    *,
    logits: bool,
) -> Integrated:
    """What each column adds to the outputs on the straight way from the baseline to a row.

    `attribution = (x − baseline) · ∫₀¹ ∂f/∂x (baseline + t · (x − baseline)) dt`, by `STEPS` points of Gauss and
    Legendre. The importance of a column is its mean absolute attribution over rows and outputs; that of a
    control, which has the baseline of its column, over at most `CONTROL_ROWS` of the rows.

    Args:
        network: the network.
        inputs: `(rows, inputs)`, embedded.
        baseline: `(inputs,)`, embedded.
        groups: the inputs of each column.
        directions: `(outputs explained, outputs)`: each explains the outputs' product with it.
        generator: randomness.
        logits: whether the outputs are those before the last activation.

    Source: Sundararajan, Taly and Yan 2017, Axiomatic attribution for deep networks, arXiv:1703.01365; Captum's
    IntegratedGradients.
    """
    x, start = np.ascontiguousarray(inputs, network.dtype), baseline.astype(network.dtype)
    plain = Widened(network, None, len(x), logits=logits)
    path = _integrate(plain, x, start, directions)
    attributions = np.stack([path[:, :, places].sum(axis=2) for places in groups], axis=2)
    end = plain.forward(x) @ directions.T
    begin = (plain.forward(np.tile(start, (len(x), 1))) @ directions.T)[0]
    sizes = np.abs(attributions)
    entering = plain.enter(x)
    start_entering = [each[:1] for each in plain.enter(np.tile(start, (len(x), 1)))]
    some = x[:: -(-len(x) // CONTROL_ROWS)]
    control = []
    for each in draw_controls(network, groups, CONTROLS, generator, entering):
        z = np.hstack([some, each.values(entering, generator)[: len(some)]])
        widened = Widened(network, each, len(z), logits=logits)
        beside = _integrate(widened, z, np.append(start, each.unshuffled(start_entering)[0]), directions)
        control.append(np.abs(beside[:, :, x.shape[1] :].sum(axis=2)).mean())
    importance = Importance(
        sizes.mean(axis=(0, 1)), np.array(control), sizes.mean(axis=1).std(axis=0), sizes.mean(axis=0).T
    )
    residual = float(np.abs(attributions.sum(axis=2) - (end - begin)).max())
    return Integrated(importance, attributions, begin, end, residual)


def _integrate(widened: Widened, z: Array, start: Array, directions: Array) -> Array:
    """Attributions `(rows, outputs explained, inputs and control)` in float64."""
    points, shares = np.polynomial.legendre.leggauss(STEPS)
    found = np.zeros((len(z), len(directions), z.shape[1]))
    way = z - start
    for point, share in zip((points + 1) / 2, shares / 2, strict=True):
        here = start + way * z.dtype.type(point)
        for index, direction in enumerate(directions):
            found[:, index] += share * widened.gradient(here, direction)
    found *= way[:, None, :]
    return found


def connect(network: AnyNetwork, inputs: Array, groups: Places, directions: Array, generator: Generator) -> Importance:
    """The products of the weights on all ways from a column to an output, added up; of an ensemble, their mean.

    Activations are ignored, as in the source; the scales of batch normalization are multiplied in. A column of one
    input has a sign in `by_output`; of several, the root of their mean square. The importance is the mean size over
    outputs. Only initializers that look at the data look at the `inputs`, embedded. Raises `ValueError` with the reason
    if the network has layers for which it is not defined.

    Source: Olden, Joy and Death 2004, An accurate comparison of methods for quantifying variable importance in
    artificial neural networks, Ecological Modelling 178(3–4).
    """
    if reason := why_not_connected(network):
        raise ValueError(reason)
    ways = [_find_ways(member, directions) for member in network.members]
    products = np.mean([scale[:, None] * (kernel @ onward) for scale, kernel, onward in ways], axis=0)
    by_output = np.stack([_size(products[places]) for places in groups])
    x = np.ascontiguousarray(inputs, network.dtype)
    entering = Widened(network, None, len(x), logits=True).enter(x)

    def unlearned(control: Control) -> float:
        of_members = zip(ways, control.kernels, strict=True)
        products = [scale[control.places, None] * (kernel @ onward) for (scale, _, onward), kernel in of_members]
        return float(np.abs(_size(np.mean(products, axis=0))).mean())

    controls = draw_controls(network, groups, CONTROLS, generator, entering)
    levels = np.array([*map(unlearned, controls)])
    return Importance(np.abs(by_output).mean(axis=1), levels, by_output=by_output)


def _find_ways(network: Network, directions: Array) -> tuple[Array, Array, Array]:
    """The scale of each input, the first kernel, and the products from its units on, `(units, outputs explained)`."""
    tensors = network.tensors()
    before = after = None
    for place in network.places:
        if isinstance(place.layer, BatchNormalization):
            spread = np.sqrt(tensors[f"{place.name}/moving_variance"].astype(np.float64) + place.layer.epsilon)
            scale = tensors[f"{place.name}/gamma"] / spread
            if after is None:
                before = scale if before is None else before * scale
            else:
                after = after * scale
        elif isinstance(place.layer, Dense):
            kernel = tensors[f"{place.name}/kernel"].astype(np.float64)
            after = np.eye(place.layer.units) if after is None else after @ kernel
    assert after is not None
    first = next(place for place in network.places if isinstance(place.layer, Dense))
    scale = np.ones(first.inputs) if before is None else before
    return scale, tensors[f"{first.name}/kernel"], after @ directions.T


def why_not_connected(network: AnyNetwork) -> str | None:
    """Why connection weights are not defined for a network, if they are not."""
    for place in network.members[0].places:
        if not isinstance(place.layer, (Dense, BatchNormalization, *IGNORED)):
            return f"{place.name} is not a layer with weights to multiply"
    return None


def _size(products: Array) -> Array:
    """Of a column's products `(inputs, outputs)`, one an output."""
    found: Array = products[0] if len(products) == 1 else np.sqrt(np.square(products).mean(axis=0))
    return found


def agree(found: dict[str, Importance]) -> list[tuple[str, str, float | None]]:
    """Spearman's correlation of the rankings of every two methods; `None` where one of them ranks all alike."""
    return [(one, other, _spearman(found[one].values, found[other].values)) for one, other in combinations(found, 2)]


def _spearman(one: Array, other: Array) -> float | None:
    ranks = _mean_ranks(one), _mean_ranks(other)
    if any(np.ptp(each) == 0 for each in ranks):
        return None
    return float(np.corrcoef(*ranks)[0, 1])


def _mean_ranks(values: Array) -> Array:
    """1 for the least; equal ones share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    found: Array = (counts.cumsum() - (counts - 1) / 2)[places]
    return found
