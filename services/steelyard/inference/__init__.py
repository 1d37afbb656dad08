"""From rows as clients send them to predictions by a trained model."""
