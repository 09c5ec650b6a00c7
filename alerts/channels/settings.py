"""What the settings of every channel have in common."""

from abc import abstractmethod
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from alerts.channels.port import Channel

ChannelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]


class MissingExtraError(ImportError):
    """A channel's library is not installed. The text names the extra."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs more than the core: pip install 'tocsin[{extra}]'")


class ChannelSettings(BaseModel):
    """One `[[channel]]` of the settings; `kind` says which. Paths are made absolute by who reads the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: ChannelName
    """What contacts.csv and routes.yaml call it, and its key in the outbox."""
    public: bool = False
    """It reaches everybody (a broadcast): only routes with approvers may use it."""

    @abstractmethod
    def open(self) -> Channel:
        """The sender. ValueError or OSError if a secret can't be read, MissingExtraError if its library is missing."""


def read_secret_line(path: Path) -> str:
    """The one line that a secret's file holds. ValueError says what is wrong, without the secret."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: the secret can't be read: {getattr(error, 'strerror', None) or error}") from None
    if not secret or "\n" in secret:
        raise ValueError(f"{path}: needed is one line with the secret")
    return secret
