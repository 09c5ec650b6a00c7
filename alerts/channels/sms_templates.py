"""Which approved template says what of a notice: settings that the cloud providers of short messages share."""

import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.call import Purpose
from alerts.channels.port import Item, Language, Notice
from alerts.channels.settings import ChannelSettings
from alerts.channels.sms_facts import EXERCISE_MARK, FACTS, LATE_MARK, NAMING, fact, messages, worst
from rules.schema import Severity


class Template(BaseModel):
    """One approved template and the notices it is for. An empty condition fits everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    """The provider's name for it."""
    purposes: tuple[Purpose, ...] = ()
    severities: tuple[Severity, ...] = ()
    language: Language | None = None
    exercise: bool = False
    """Its text says that it is an exercise: for exercises, and for nothing else."""
    text: str = ""
    """The approved text. Where it is given, its variables are held against `fields`."""

    @property
    @abstractmethod
    def facts(self) -> tuple[str, ...]:
        """The facts of its variables, in order."""

    @property
    @abstractmethod
    def variables(self) -> tuple[str, ...]:
        """Their names, in order."""

    def fits(self, notice: Notice, language: Language) -> bool:
        return (
            (not self.purposes or notice.first.purpose in self.purposes)
            and (not self.severities or worst(notice.items) in self.severities)
            and self.language in (None, language)
            and (notice.exercise or not self.exercise)
        )

    @property
    def fits_everything(self) -> bool:
        return not (self.purposes or self.severities or self.language or self.exercise)

    @property
    def naming(self) -> str | None:
        """The fact among its variables that names what is alarming."""
        return next((name for name in self.facts if name in NAMING), None)

    def values(self, items: Sequence[Item], language: Language, exercise: bool, room: int, more: int = 0) -> list[str]:
        """Its variables, in order, each of at most `room` characters. The first one begins with what has to be said
        first: that it is an exercise, that it is late. `more`: events that wait, to be counted too.
        """
        said = self._marks(items, language, exercise)
        rooms = [room - len(said), *[room] * (len(self.facts) - 1)]
        found = [fact(name, items, language, r, more) for name, r in zip(self.facts, rooms, strict=True)]
        return [(said + found[0])[:room], *found[1:]]

    def messages(self, notice: Notice, language: Language, room: int) -> list[tuple[Item, ...]]:
        """The notice's events as messages: see sms_facts.messages."""
        said = self._marks(notice.items, language, notice.exercise)
        return messages(notice.items, self.naming, language, room - len(said))

    def _marks(self, items: Sequence[Item], language: Language, exercise: bool) -> str:
        late = any(item.facts is not None and item.facts.historical for item in items)
        marks = [EXERCISE_MARK[language]] if exercise and not self.exercise else []
        marks += [LATE_MARK[language]] if late and self.purposes != ("late",) else []
        return "".join(f"{mark} " for mark in marks)

    def check(self, in_text: Sequence[str]) -> None:
        """ValueError if a field's fact is unknown, or text and fields differ in their variables."""
        in_fields = self.variables
        for name in self.facts:
            if name not in FACTS:
                raise ValueError(f"template {self.code}: no fact {name!r}, allowed are {', '.join(sorted(FACTS))}")
        if not self.facts:
            raise ValueError(f"template {self.code}: has no fields: it could say nothing of an alarm")
        if self.text and set(in_text) != set(in_fields):
            missing = sorted(set(in_text) - set(in_fields))
            more = sorted(set(in_fields) - set(in_text))
            said = [f"{', '.join(missing)} of its text is not among its fields"] if missing else []
            said += [f"{', '.join(more)} of its fields is not in its text"] if more else []
            raise ValueError(f"template {self.code}: {'; '.join(said)}")


class NamedTemplate(Template):
    """Variables go by name: `${name}`."""

    fields: dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")], str]
    """Variable -> fact, in the order of the text."""

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(self.fields.values())

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(self.fields)

    @model_validator(mode="after")
    def _checked(self) -> Self:
        self.check(re.findall(r"\$\{(\w+)\}", self.text))
        return self


class NumberedTemplate(Template):
    """Variables go by number: `{1}`."""

    fields: tuple[str, ...]
    """The facts of {1}, {2}, ..."""

    @property
    def facts(self) -> tuple[str, ...]:
        return self.fields

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(str(n) for n in range(1, len(self.fields) + 1))

    @model_validator(mode="after")
    def _checked(self) -> Self:
        self.check(re.findall(r"\{(\d+)\}", self.text))
        return self


class TemplateChannelSettings(ChannelSettings):
    """What channels by approved templates have in common."""

    sign_name: Annotated[str, Field(min_length=1, max_length=32)]
    """The approved signature, without 【】."""
    max_variable_chars: Annotated[int, Field(ge=6, le=500)]
    """Longer variables are cut: the provider would refuse them."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    per_day: Annotated[int, Field(ge=1)] | None = None
    """Messages a day that the account may send, as set with the provider."""
    kept_for_red: Annotated[float, Field(ge=0, lt=1)] = 0.3
    """The share of every limit that only red alarms may use."""

    @model_validator(mode="after")
    def _sign(self) -> Self:
        if re.search(r"[【】\[\]]", self.sign_name):
            raise ValueError("sign_name is given with its brackets, allowed is the name alone")
        return self


def check_templates(templates: Sequence[Template]) -> None:
    """ValueError unless there is a template for every notice."""
    if not templates or not templates[-1].fits_everything:
        raise ValueError("template: the last one has to fit everything: no purposes, severities, language and exercise")


def check_endpoint(endpoint: str) -> None:
    """ValueError unless it is a web address of a host alone."""
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.username:
        raise ValueError("endpoint is no web address of a host, allowed is https://HOST or https://HOST:PORT")


def template_for(templates: Sequence[Template], notice: Notice, language: Language) -> Template:
    """The first one that fits; of an exercise, the first of those for exercises, if any fits."""
    fitting = [template for template in templates if template.fits(notice, language)]
    return next((t for t in fitting if t.exercise), fitting[0])
