"""`[exercise]`: rehearsals on topics of their own."""

from typing import Annotated

from pydantic import Field, field_validator

from ingest.lookup import EXERCISE_PREFIX
from tocsin.settings.base import Model


class ExerciseSettings(Model):
    """Off unless switched on. Exercises have a journal, engine state and alarm book of their own, in data/exercise."""

    enabled: bool = False
    subscribe: Annotated[tuple[str, ...], Field(min_length=1)] = (f"{EXERCISE_PREFIX}v1/+/+/up",)

    @field_validator("subscribe")
    @classmethod
    def _exercise_topics(cls, filters: tuple[str, ...]) -> tuple[str, ...]:
        for topics in filters:
            # $share/GROUP/ goes before the topics themselves.
            plain = topics.split("/", 2)[2] if topics.startswith("$share/") and topics.count("/") > 1 else topics
            if not plain.startswith(EXERCISE_PREFIX):
                raise ValueError(f"{topics} are no topics of exercises, allowed are those under {EXERCISE_PREFIX}")
        return filters
