"""Training jobs: parsed strictly, validated completely, filled with defaults, and assembled into a training."""
