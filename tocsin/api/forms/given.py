"""What bodies and query strings of requests have in common."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from plant.quality import NEWEST_TIME_MS

Id = Annotated[str, Path(min_length=1, max_length=200, description="Its id.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]
Lang = Annotated[Literal["zh", "en"], Query(description="The language of words.")]
Exercise = Annotated[bool, Query(description="Those of exercises, which have a book of their own.")]
TimeMs = Annotated[int, Field(ge=0, lt=NEWEST_TIME_MS, description="Milliseconds since the epoch, UTC.")]
Words = Annotated[str, Field(max_length=4000)]
Reason = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"\S")]
Severity = Literal["red", "orange", "yellow", "blue"]


class Given(BaseModel):
    """A body: what is not known is refused, so that a misspelt key never goes unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Why(Given):
    """A reason."""

    why: Reason


class MaybeWhy(Given):
    """A reason, where there is one."""

    why: Words = ""
