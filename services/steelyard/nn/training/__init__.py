"""The training loop, early stopping, and several trainings side by side."""
