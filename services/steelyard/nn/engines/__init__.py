"""What makes the steps of a training: NumPy, the reference, and the same compiled. `support` says which can."""
