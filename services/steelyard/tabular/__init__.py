"""From what a client sends to arrays that a network can learn from: tables, targets, splits, scaling."""
