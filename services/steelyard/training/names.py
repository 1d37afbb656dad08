"""What the axes of a job's tensors stand for: its columns, categories, classes and targets."""

from collections.abc import Mapping
from typing import Any

from steelyard.nn.axes import NamedTensor, name_tensors
from steelyard.nn.ensemble import by_member
from steelyard.nn.network import network_places
from steelyard.tabular.encoder import Encoder
from steelyard.training.assemble import build_layers
from steelyard.training.schema import JobSpec, class_key

Names = Mapping[str, NamedTensor]


def name_weights(spec: JobSpec, encoder: Encoder, targets: list[str], classes: list[Any] | None) -> Names:
    """The tensors of a job's network by full name, with the names of what their axes count.

    `spec` is filled in; `encoder` is fitted to its training rows.
    """
    outputs = _outputs(spec.task, targets, classes)
    layers = build_layers(spec, len(outputs), encoder.layout)
    found = name_tensors(network_places(layers, encoder.layout.width), tuple(encoder.titles), outputs)
    if encoder.layout.embedded:
        # The first layer is an embedding of the columns of categories, whose tables have a row for each category.
        tables = {f"embedding_1/table of {each.name}": tuple(each.titles) for each in encoder.categories}
        found = {
            name: tensor.with_first(tables[tensor.key]) if tensor.key in tables else tensor
            for name, tensor in found.items()
        }
    if spec.ensemble == 1:
        return found
    members = by_member([found] * spec.ensemble)
    return {name: tensor.of_member(name.split(".", 1)[0]) for name, tensor in members.items()}


def _outputs(task: str, targets: list[str], classes: list[Any] | None) -> tuple[str, ...]:
    """What each output is: outputs of different meaning have different names."""
    if classes is None:
        return tuple(f"{'label' if task == 'multilabel' else 'value of'} {target}" for target in targets)
    keys = [*map(class_key, classes)]
    if task == "binary":
        return (f"class {keys[1]} rather than {keys[0]}",)
    return tuple(f"class {key}" for key in keys)
