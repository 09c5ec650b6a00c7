"""What all models of settings share."""

from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Unknown keys are errors; nothing that was given is shown in a message, for it may be a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def known_zone(name: str) -> str:
    """A name of the time zone database. ValueError if it has none of that name."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError("is no time zone, allowed are names such as Asia/Shanghai or UTC") from None
    return name
