"""What a mapping file may say."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ingest.codecs.mapping.paths import JsonPath
from ingest.units import symbol_of


def _path(text: str) -> str:
    JsonPath(text)
    return text


def _paths(text: str) -> str:
    JsonPath(text, each=True)
    return text


def _unit(text: str) -> str:
    if symbol_of(text) is None:
        raise ValueError(f"{text!r} is no unit that is known here")
    return text


PathText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_path)]
Grade = Literal["good", "uncertain", "bad"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TimeMapping(_Model):
    """When a record was measured."""

    path: Annotated[PathText, Field(description="where it stands")]
    format: Annotated[
        str, Field(description="ms, s, us or ns since the epoch, rfc3339, or a pattern such as %Y%m%d%H%M%S")
    ] = "ms"
    timezone: Annotated[str | None, Field(description="IANA name, for a pattern without %z")] = None

    @model_validator(mode="after")
    def _whole(self) -> "TimeMapping":
        if "%" not in self.format:
            if self.format not in ("ms", "s", "us", "ns", "rfc3339"):
                raise ValueError(f"format {self.format!r} is unknown, allowed are ms, s, us, ns, rfc3339 or a pattern")
            if self.timezone is not None:
                raise ValueError(f"timezone has no meaning with the format {self.format}")
        elif "%z" not in self.format and self.timezone is None:
            raise ValueError("timezone is missing: the pattern has no %z")
        try:
            ZoneInfo(self.timezone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"timezone {self.timezone!r} is unknown, allowed is an IANA name") from None
        return self


class QualityMapping(_Model):
    """How far a record can be trusted."""

    path: Annotated[PathText, Field(description="where it stands; without it a record is good")]
    map: Annotated[dict[str, Grade], Field(description="what stands there, as text -> good, uncertain or bad")]
    otherwise: Annotated[Grade, Field(description="of anything else")] = "uncertain"


class ValueMapping(_Model):
    """One value of a record, or all members of an object in it."""

    path: Annotated[PathText | None, Field(description="where the value stands")] = None
    key: Annotated[str | None, Field(min_length=1, description="its key")] = None
    key_path: Annotated[PathText | None, Field(description="or where its key stands")] = None
    members: Annotated[PathText | None, Field(description="an object whose members are keys and values")] = None
    unit: Annotated[str | None, AfterValidator(lambda u: None if u is None else _unit(u))] = None
    unit_path: Annotated[PathText | None, Field(description="or where its unit stands")] = None
    scale: Annotated[float, Field(allow_inf_nan=False, description="the number is multiplied by this first")] = 1.0
    offset: Annotated[float, Field(allow_inf_nan=False, description="then this is added")] = 0.0

    @model_validator(mode="after")
    def _one_way(self) -> "ValueMapping":
        if self.members is not None:
            if (self.path, self.key, self.key_path, self.unit_path) != (None,) * 4:
                raise ValueError("members stands for keys and values, so path, key, key_path and unit_path must go")
        elif self.path is None:
            raise ValueError("path is missing (or members)")
        if self.key is not None and self.key_path is not None:
            raise ValueError("allowed is one of key and key_path")
        if self.unit is not None and self.unit_path is not None:
            raise ValueError("allowed is one of unit and unit_path")
        return self


class Mapping(_Model):
    """A JSON message -> samples. Paths lead from a record on; with `$.` from the top of the message."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="mapping file")

    records: Annotated[
        str | None,
        AfterValidator(lambda text: None if text is None else _paths(text)),
        Field(description="where the records stand, [*] is each of a list; left out: the message, or each of a list"),
    ] = None
    device: Annotated[PathText | None, Field(description="where the device's name stands; else {device} in topics")] = (
        None
    )
    time: Annotated[TimeMapping | None, Field(description="left out: measured when it arrives")] = None
    quality: QualityMapping | None = None
    values: Annotated[tuple[ValueMapping, ...], Field(min_length=1)]
    words: Annotated[dict[str, float], Field(description="words that stand for numbers")] = {}
    numbers_as_text: Annotated[bool, Field(description='whether "12.5" is a number')] = False


def mapping_schema() -> dict[str, Any]:
    """JSON Schema of a mapping file."""
    return Mapping.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
