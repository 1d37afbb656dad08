"""Who trains: each contender by the name in the table, where its class is, and what it needs beside NumPy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """`place` is `module:class` in this package, imported in a process of its own; a `peer` is not the product's."""

    title: str
    place: str
    peer: bool = False


ENTRIES = {
    "numpy": Entry("in-place NumPy", "numpy_in_place:InPlace"),
    "steelyard": Entry("Steelyard", "steelyard:Steelyard"),
    "reference": Entry("Steelyard, not compiled", "steelyard:OnNumPy"),
    "sklearn": Entry("scikit-learn", "scikit_learn:ScikitLearn"),
    "torch": Entry("PyTorch, fused Adam", "pytorch:Eager", peer=True),
    "torch-compile": Entry("PyTorch, torch.compile", "pytorch:Compiled", peer=True),
    "keras": Entry("Keras 3 on JAX", "keras_jax:Keras", peer=True),
    "jax": Entry("JAX, jitted scan", "jax_scan:Scan", peer=True),
}
YARDSTICK = "numpy"
