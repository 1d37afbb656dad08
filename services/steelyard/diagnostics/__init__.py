"""What a run's numbers mean, in plain words, and what to try."""
