"""The program `steelyard`: the service's processes, and a client for a running service."""
