"""From a filled-in specification to data, a network and its training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.class_weights import balance
from steelyard.nn.clipping import GRADIENT_CLIPS, GradientClip
from steelyard.nn.ensemble import AnyNetwork, Ensemble
from steelyard.nn.layers import Dense, Embedding, Layer
from steelyard.nn.losses import Quantile
from steelyard.nn.metrics import METRICS, Metric, Pinball
from steelyard.nn.network import Network
from steelyard.nn.one_hot import OneHot
from steelyard.nn.rng import Streams
from steelyard.nn.training.early_stopping import EarlyStopping
from steelyard.nn.training.ensemble import AnyTraining, EnsembleTraining
from steelyard.nn.training.loop import Training
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.layout import Layout
from steelyard.tabular.scaling import Scaler
from steelyard.tabular.supervision import Supervised, learnable
from steelyard.tabular.values import Values
from steelyard.training.schema import JobSpec, class_key
from steelyard.training.splits import divide

Array = NDArray[Any]


@dataclass(frozen=True)
class Part:
    """The rows of one split, ready for the network, their numbers in all of the data and in their own data set."""

    rows: NDArray[np.int64]
    ids: NDArray[np.int64]
    x: Array | OneHot
    y: Array


@dataclass(frozen=True)
class Prepared:
    """Data as the network sees it: splits by name (those that have rows), and how they were encoded.

    `supervised` has the inputs of which something can be learned. `weights` say how much each training row counts,
    `(rows,)`.
    """

    supervised: Supervised
    parts: dict[str, Part]
    inputs: Encoder
    target: Scaler | None
    weights: Array | None


def build_layers(spec: JobSpec, outputs: int, layout: Layout) -> list[Layer]:
    """All layers of the network: an embedding of the inputs that are categories, those asked for, the output layer."""
    output: Any = spec.output  # filled in: every part is there
    last = Dense(
        units=outputs,
        activation=output.activation.to_part(),
        initializer=output.initializer.to_part(),
        bias_initializer=output.bias_initializer.to_part(),
        use_bias=output.use_bias,
        regularizer=None if output.regularizer is None else output.regularizer.to_part(),
        constraint=None if output.constraint is None else output.constraint.to_part(),
        trainable=output.trainable,
    )
    first = []
    if layout.embedded:
        columns, categories = zip(*layout.embedded, strict=True)
        first = [Embedding(columns, categories, units=_embedding_units(max(categories)))]
    return [*first, *spec.make_layers(), last]


def _embedding_units(categories: int) -> int:
    """A width that grows slowly with the categories (J. Howard, S. Gugger, fastai: 1.6 · n^0.56), from 2 to 32."""
    return max(2, min(32, int(1.6 * float(categories) ** 0.56)))


def build_network(spec: JobSpec, layout: Layout, outputs: int) -> AnyNetwork:
    """The network, or the members of an ensemble, their weights still zero."""
    layers = build_layers(spec, outputs, layout)
    members = [Network(layers, inputs=layout.width, dtype=spec.training.dtype) for _ in range(spec.ensemble)]
    return Ensemble(members) if len(members) > 1 else members[0]


def spawn_streams(spec: JobSpec) -> list[Streams]:
    """The randomness of each member; the first, which draws the splits, has what a single network has."""
    return [Streams.spawn(spec.training.seed, member) for member in range(spec.ensemble)]


def draw_network(spec: JobSpec, prepared: Prepared, streams: Sequence[Streams]) -> AnyNetwork:
    """The network with the weights that it starts from, each member's drawn from its own of the `streams`."""
    network = build_network(spec, prepared.inputs.layout, prepared.supervised.outputs)
    for member, own in zip(network.members, streams, strict=True):
        member.initialize(own.initialization, prepared.parts["train"].x)
    return network


def build_metrics(spec: JobSpec) -> list[Metric]:
    """The metrics of the task; the pinball loss is of the quantile that is learned, where one is."""
    loss = None if spec.loss is None else spec.loss.to_part()
    found = [metric() for metric in METRICS if spec.task in metric.tasks and metric is not Pinball]
    return [*found, Pinball(loss.quantile)] if isinstance(loss, Quantile) else found


def prepare(spec: JobSpec, supervised: Supervised, streams: Streams) -> Prepared:
    """Split the rows, fit the encoding on those for training, and encode all."""
    split = divide(spec, supervised, streams)
    supervised = learnable(supervised, split.train)
    inputs = Encoder.fit(supervised.inputs, split.train, spec.preprocessing.to_options())
    target = None
    if spec.task == "regression":
        target = Scaler.fit(supervised.y[split.train], str(spec.preprocessing.target))
    splits = {"train": split.train, "validation": split.validation, "test": split.test}
    parts = {name: _encode_part(spec, supervised, inputs, target, rows) for name, rows in splits.items() if len(rows)}
    return Prepared(supervised, parts, inputs, target, _weights(spec, supervised, split.train))


def prepare_refit(spec: JobSpec, prepared: Prepared) -> Prepared:
    """The rows for training and those for validation, all to train on; encoded as before."""
    supervised, parts = prepared.supervised, prepared.parts
    rows = np.sort(np.concatenate([parts["train"].rows, parts["validation"].rows]))
    part = _encode_part(spec, supervised, prepared.inputs, prepared.target, rows)
    return replace(prepared, parts={"train": part}, weights=_weights(spec, supervised, rows))


def _encode_part(
    spec: JobSpec, supervised: Supervised, inputs: Encoder, target: Scaler | None, rows: NDArray[np.int64]
) -> Part:
    values = {column: supervised.inputs[column].values.take(rows) for column in inputs.features}
    x, y = _encode(inputs, values, spec.training.dtype), as_targets(spec, supervised.y[rows], target)
    return Part(rows, supervised.table.numbers_of(rows), x, y)


def _weights(spec: JobSpec, supervised: Supervised, rows: NDArray[np.int64]) -> Array | None:
    weights = row_weights(supervised, rows, spec.training.class_weight)
    return None if weights is None else weights.astype(spec.training.dtype)


def _encode(inputs: Encoder, columns: Mapping[str, Values], dtype: Any) -> Array | OneHot:
    if not inputs.layout.keeps_places:
        return inputs.encode(columns, dtype)
    return OneHot(*inputs.encode_places(columns, dtype), inputs.layout.width)


def row_weights(
    supervised: Supervised, rows: NDArray[np.int64], of_class: str | Mapping[str, float] | None
) -> NDArray[np.float64] | None:
    """How much each of `rows` counts: its own weight times that of its class; `None` if all count the same.

    `balanced` gives every class the same total weight, with the rows' own weights counted.
    """
    own = None if supervised.weights is None else supervised.weights[rows]
    if of_class is None:
        return own
    assert supervised.classes is not None
    y = supervised.y[rows]
    own = np.ones(len(y)) if own is None else own
    if isinstance(of_class, str):
        shares = balance(y, own, len(supervised.classes))
    else:
        shares = np.array([of_class.get(class_key(label), 1.0) for label in supervised.classes])
    weights: NDArray[np.float64] = shares[y] * own
    return weights


def build_training(
    spec: JobSpec, prepared: Prepared, network: AnyNetwork, streams: Sequence[Streams], *, threads: int = 1
) -> AnyTraining:
    """The training of `network`, whose weights are drawn or taken from elsewhere, in at most so many threads.

    `streams` are those of each member.
    """
    members = zip(network.members, streams, strict=True)
    if len(network.members) == 1:
        [(member, own)] = members
        return _build_member(spec, prepared, member, own, threads=threads)
    return EnsembleTraining([_build_member(spec, prepared, member, own) for member, own in members], threads=threads)


def build_refit(
    spec: JobSpec, prepared: Prepared, first: AnyTraining, streams: Sequence[Streams], *, threads: int = 1
) -> AnyTraining:
    """The same training once more on the rows of `prepared`, from the same weights, for as many epochs as were kept."""
    again = []
    for member, own in zip(first.members, streams, strict=True):
        network = Network(member.network.layers, inputs=member.network.inputs, dtype=spec.training.dtype)
        for name, tensor in network.tensors().items():
            tensor[...] = member.initial[name]
        alone = threads if len(first.members) == 1 else 1
        again.append(_build_member(spec, prepared, network, own, threads=alone, stop_after=member.kept_epoch))
    return again[0] if len(again) == 1 else EnsembleTraining(again, threads=threads)


def _build_member(
    spec: JobSpec,
    prepared: Prepared,
    network: Network,
    streams: Streams,
    *,
    threads: int = 1,
    stop_after: int | None = None,
) -> Training:
    """The training of one network; without early stopping if it is known how many epochs there are."""
    train, validation = prepared.parts["train"], prepared.parts.get("validation")
    stopping = spec.training.early_stopping
    return Training(
        network,
        spec.make_loss(),
        spec.make_optimizer(),
        train.x,
        train.y,
        epochs=spec.epochs,
        batch_size=spec.batch_size,
        streams=streams,
        weights=prepared.weights,
        shuffle=spec.training.shuffle,
        schedule=None if spec.training.schedule is None else spec.training.schedule.to_part(),
        gradient_clip=build_clip(spec),
        validation=None if validation is None else (validation.x, validation.y),
        early_stopping=None if stopping is None or stop_after is not None else EarlyStopping(**stopping.model_dump()),
        metrics=build_metrics(spec),
        threads=threads,
        stop_after=stop_after,
    )


def build_clip(spec: JobSpec) -> GradientClip | None:
    """The clipping of gradients, if any is asked for."""
    if spec.training.gradient_clip is None:
        return None
    [(name, limit)] = spec.training.gradient_clip.chosen().items()
    return GRADIENT_CLIPS[name](limit)


def as_targets(spec: JobSpec, y: Array, target: Scaler | None) -> Array:
    """Targets as the loss takes them."""
    if target is not None:
        return target.transform(y, np.empty(y.shape, spec.training.dtype))
    if spec.task == "multiclass":
        return y
    return y.astype(spec.training.dtype).reshape(len(y), -1)
