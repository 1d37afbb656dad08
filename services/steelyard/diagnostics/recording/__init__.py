"""The recording of a run: statistics of its weights, layers and gradients at some of its epochs."""
