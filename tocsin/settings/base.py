"""What all models of settings share."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Unknown keys are errors; nothing that was given is shown in a message, for it may be a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
