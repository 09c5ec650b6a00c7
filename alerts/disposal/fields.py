"""What each action on a disposal says, as it stands in the log's text fields, and how it is read (pure)."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from plant.entries import DisposalActionName

Text = Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"\S")]
Contact = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class _Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values are texts in the log; numbers are read from them."""


class Opening(_Fields, frozen=True):
    why: Text


class Assigning(_Fields, frozen=True):
    to: Contact
    due: int | None = None
    """Close it by then, ms since the epoch; never later than it is due anyway."""


class Starting(_Fields, frozen=True):
    pass


class Noting(_Fields, frozen=True):
    text: Text


class Evidence(_Fields, frozen=True):
    """A file kept under its hash (docs/reference/disposal.md); the log carries no more of it than this."""

    name: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^/\x00-\x1f]+$")]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Meta(ge=0, le=1 << 40)]
    kind: Annotated[str, Meta(max_length=100)] = ""
    """The media type, such as image/jpeg."""
    text: Annotated[str, Meta(max_length=4000)] = ""


class Cause(_Fields, frozen=True):
    code: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    text: Annotated[str, Meta(max_length=4000)] = ""


class Submitting(_Fields, frozen=True):
    text: Annotated[str, Meta(max_length=4000)] = ""


class Rejecting(_Fields, frozen=True):
    why: Text


class Verifying(_Fields, frozen=True):
    text: Annotated[str, Meta(max_length=4000)] = ""


class Closing(_Fields, frozen=True):
    why: Annotated[str, Meta(max_length=4000)] = ""
    """Why it is closed although the alarm's condition is still on."""


class Reopening(_Fields, frozen=True):
    why: Text


Fields = (
    Opening
    | Assigning
    | Starting
    | Noting
    | Evidence
    | Cause
    | Submitting
    | Rejecting
    | Verifying
    | Closing
    | Reopening
)

FIELDS_OF: Final[dict[DisposalActionName, type[Fields]]] = {
    "open": Opening,
    "assign": Assigning,
    "start": Starting,
    "note": Noting,
    "evidence": Evidence,
    "cause": Cause,
    "submit": Submitting,
    "reject": Rejecting,
    "verify": Verifying,
    "close": Closing,
    "reopen": Reopening,
}


def read_fields(action: DisposalActionName, fields: dict[str, str]) -> Fields:
    """The fields of an action. ValueError says which one is wrong."""
    model = FIELDS_OF.get(action)
    if model is None:
        raise ValueError(f"{action!r} is no action, allowed are {', '.join(FIELDS_OF)}")
    try:
        return msgspec.convert(fields, model, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"{action}: {_in_words(str(error))}") from None


def _in_words(message: str) -> str:
    return message.replace("Object missing required field", "needs the field").replace(
        "Object contains unknown field", "has no field"
    )
