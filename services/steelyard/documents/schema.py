"""What the models of requests have in common."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """An object in a request: no unknown field, no value of another type, nothing that is not finite."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
