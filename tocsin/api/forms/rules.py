"""Rules in force, and what others would have done."""

from typing import Annotated, Any

from pydantic import Field

from tocsin.api.forms.form import Form
from tocsin.api.forms.given import Given, TimeMs
from tocsin.whatif.job import MOST_FILES, Wanted


class RuleShort(Form):
    """A rule in a list."""

    id: str
    version: int
    enabled: bool
    kind: str
    """The kind of its condition."""
    text: dict[str, str]


class RuleList(Form):
    """In the order of the rule set."""

    rules: list[RuleShort]


class ValueForm(Form):
    """A value at a dotted path of keys, and where it stands: file and line, or default."""

    path: str
    value: Any
    origin: str


class RuleForm(Form):
    """A rule as its file has it (docs/reference/rules.md), and as it takes effect."""

    rule: dict[str, Any]
    values: list[ValueForm]
    points: int
    """How many points in sight it watches."""


class WhatIf(Given):
    """Files of the site folder as they would be, and the readings to decide: a span of the journal, or a feed."""

    files: Annotated[
        dict[str, str | None],
        Field(min_length=1, max_length=MOST_FILES, description="rules/NAME.yaml or points.csv; null: gone."),
    ]
    from_ms: Annotated[TimeMs | None, Field(alias="from")] = None
    to_ms: Annotated[TimeMs | None, Field(alias="to")] = None
    feed: Annotated[str | None, Field(description="CSV: point,measured_at,value,...")] = None

    def wanted(self) -> Wanted:
        return Wanted(dict(self.files), self.from_ms, self.to_ms, self.feed)
