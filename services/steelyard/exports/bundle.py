"""A trained model as exports take it: from raw columns to labels, probabilities or values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from steelyard.exports.columns import Preprocessing
from steelyard.exports.program import Step, run, steps_of
from steelyard.nn.ensemble import AnyNetwork
from steelyard.nn.losses import Loss
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.scaling import Scaler

Array = NDArray[Any]
Kind = Literal["classes", "binary", "labels", "values"]


@dataclass(frozen=True)
class Limit:
    """Something that does not travel with a model: in which column, unless it concerns all, and what to do instead."""

    detail: str
    column: str | None = None


@dataclass(frozen=True)
class ModelBundle:
    """A model with all that belongs to it.

    `manifest` and `stored_preprocessing` are as they are stored. `labels` are those of classes, or the names of
    several targets that are yes or no; `target` scales the values that are predicted.
    """

    id: str
    manifest: Mapping[str, Any]
    stored_preprocessing: Mapping[str, Any]
    network: AnyNetwork
    inputs: Encoder
    loss: Loss
    labels: list[Any] | None
    target: Scaler | None

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """From raw columns to the network's inputs."""
        return Preprocessing(self.inputs)

    @cached_property
    def members(self) -> list[tuple[tuple[Step, ...], tuple[Step, ...]]]:
        """For each network the steps to its logits, and those of its output activation. Raises `CannotExport`.

        Several networks answer with the mean of their activated outputs.
        """
        return [steps_of(member) for member in self.network.members]

    @property
    def kind(self) -> Kind:
        """What the outputs are."""
        if "multiclass" in self.loss.tasks:
            return "classes"
        if {"binary", "multilabel"} & {*self.loss.tasks}:
            return "binary" if self.network.outputs == 1 else "labels"
        return "values"

    @property
    def has_probabilities(self) -> bool:
        """Whether the activated outputs are probabilities."""
        return self.kind != "values" and self.loss.probabilities

    @property
    def threshold(self) -> float:
        """The activated output above which an answer is yes."""
        return 0.5 if self.loss.probabilities else 0.0

    @property
    def decides_on_logits(self) -> bool:
        """Whether labels follow from the logits, which are more exact than the probabilities: 0 is the threshold."""
        return self.loss.link is not None and len(self.members) == 1

    @property
    def dtype(self) -> str:
        """The precision of the network."""
        return str(self.network.dtype.name)

    def tensors(self) -> dict[str, Array]:
        """The weights by name."""
        return self.network.tensors()

    def outputs(self, x: Array) -> Array:
        """The activated outputs for encoded inputs, step by step: a reference for what other runtimes compute."""
        found = [run((*steps, *activation), x) for steps, activation in self.members]
        mean: Array = np.mean(found, axis=0)
        return mean

    def size_of(self, values: Array) -> Array:
        """What differences of these values are relative to: their size, at least one and the spread of the targets."""
        spread = self.target.scale if self.kind == "values" and self.target is not None else 1.0
        found: Array = np.maximum(np.maximum(1.0, np.abs(values)), spread)
        return found

    def values(self, outputs: Array) -> Array:
        """Probabilities of every class or label, or values in the targets' units, from activated outputs."""
        if self.kind == "binary" and self.has_probabilities:
            return np.concatenate([1 - outputs, outputs], axis=1)
        if self.kind == "values" and self.target is not None:
            return self.target.inverse(outputs)
        return outputs


@dataclass(frozen=True)
class Input:
    """An input of an exported file. `column` is the model's column, `type` what it takes."""

    name: str
    type: str
    column: str | None = None


@dataclass(frozen=True)
class Output:
    """An output of an exported file."""

    name: str
    type: str
    shape: Sequence[int | str] = ()


@dataclass(frozen=True)
class Format:
    """A file format that holds a model.

    `write` gives the file; `files` are what a bundle has instead of it, or beside it, of which `main` is named in its
    README. `limits` are what does not travel. `check` is the part of `check.py` that predicts. `runs` is false for
    files of weights alone.
    """

    name: str
    media_type: str
    suffix: str
    write: Callable[[ModelBundle], bytes]
    inputs: Callable[[ModelBundle], list[Input]]
    outputs: Callable[[ModelBundle], list[Output]]
    limits: Callable[[ModelBundle], Iterator[Limit]]
    check: str
    usage: str
    files: Callable[[ModelBundle], dict[str, bytes]] | None = None
    main: str = ""
    runs: bool = True

    def file_name(self, bundle: ModelBundle) -> str:
        """What the file is called."""
        return f"{bundle.id}{self.suffix}"

    def packed(self, bundle: ModelBundle) -> dict[str, bytes]:
        """The files of the model in a bundle. Raises `CannotExport`."""
        return {self.file_name(bundle): self.write(bundle)} if self.files is None else self.files(bundle)

    def main_name(self, bundle: ModelBundle) -> str:
        """The file of a bundle that its user begins with."""
        return self.main or self.file_name(bundle)


def common_limits(bundle: ModelBundle) -> Iterator[Limit]:
    """What does not travel in any format that runs: dates and times are not parsed."""
    since = {"seconds": "1970-01-01T00:00:00Z", "seconds_of_day": "midnight"}
    for column in bundle.preprocessing.columns:
        if column.kind in since:
            what = "dates" if column.kind == "seconds" else "times"
            yield Limit(
                f"{what} are not parsed; the input is the number of seconds since {since[column.kind]}", column.name
            )
    if any(column.kind == "number" for column in bundle.preprocessing.columns):
        yield Limit("numbers in strings, such as '1,234.5', are not parsed; the inputs are numbers")


def raw_inputs(bundle: ModelBundle, types: Mapping[str, str]) -> list[Input]:
    """An input for each raw column; `types` are what the format calls the kinds."""
    return [Input(column.name, types[column.kind], column.name) for column in bundle.preprocessing.columns]


def usual_outputs(bundle: ModelBundle) -> list[Output]:
    """Labels with probabilities or scores, or values."""
    width = 2 if bundle.kind == "binary" and bundle.has_probabilities else bundle.network.outputs
    real = "float64" if bundle.kind == "values" and bundle.target is not None else bundle.dtype
    values = Output("probabilities" if bundle.has_probabilities else "value", real, ("N", width))
    if bundle.kind == "values":
        return [values]
    shape = ("N", width) if bundle.kind == "labels" else ("N",)
    return [Output("label", "int64" if bundle.kind == "labels" else label_type(bundle), shape), values]


def label_type(bundle: ModelBundle) -> str:
    """The type of the labels: `string`, `int64` or `boolean`."""
    kinds = {type(label) for label in bundle.labels or ()}
    return "boolean" if kinds == {bool} else "int64" if kinds == {int} else "string"
