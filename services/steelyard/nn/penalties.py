"""The penalties of a network's regularizers: their sum, and their gradients."""

from steelyard.nn.network import Network


class Penalties:
    """All regularizers of a network at work."""

    def __init__(self, network: Network) -> None:
        weights, gradients = network.tensors(), network.tensors(network.gradients)
        self._all = [
            (spec.regularizer, weights[name], gradients[name] if spec.trainable else None)
            for name, spec in network.specs().items()
            if spec.regularizer is not None
        ]

    def value(self) -> float:
        """What they add to the loss, those of frozen layers too."""
        return sum(regularizer.penalty(kernel) for regularizer, kernel, _ in self._all)

    def add_gradients(self) -> None:
        """Add their gradients to those of the layers that learn."""
        for regularizer, kernel, gradient in self._all:
            if gradient is not None:
                regularizer.add_gradient(kernel, gradient)
