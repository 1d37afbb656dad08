"""How much each column moves a model's outputs: methods, each beside a control, and the service that applies them."""
