"""Disposals and the steps that people take."""

from typing import Annotated, Literal, Self

from pydantic import Field

from alerts.disposal.record import Disposal, DisposalStep
from tocsin.api.forms.form import Form
from tocsin.api.forms.given import Given, Reason, TimeMs, Words
from tocsin.centre.disposals import DisposalStory

StepName = Literal["open", "start", "note", "submit", "reject", "verify", "close", "reopen"]
"""Steps that say nothing but words."""


class Step(Form):
    """One step. `by` is empty where the alarm or the time brought it about."""

    n: int
    name: str
    by: str
    at: int
    fields: dict[str, str]

    @classmethod
    def of(cls, step: DisposalStep) -> Self:
        return cls(**step._asdict())


class DisposalForm(Form):
    """A disposal and every step of it, in order."""

    disposal: Disposal
    steps: list[Step]

    @classmethod
    def of(cls, story: DisposalStory) -> Self:
        return cls(disposal=story.disposal, steps=[Step.of(step) for step in story.steps])


class DisposalsOfAlarm(Form):
    """The newest first."""

    disposals: list[DisposalForm]


class DisposalList(Form):
    """The newest first."""

    disposals: list[Disposal]


class Causes(Form):
    """Code -> words."""

    causes: dict[str, str]


class Filed(Form):
    """Under what a piece of evidence is kept."""

    sha256: str


class Assigning(Given):
    """To whom, and by when it is to be closed where that is sooner than it is due anyway."""

    to: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    due: TimeMs | None = None


class Noting(Given):
    text: Reason


class NamingCause(Given):
    """`code` is one of /disposal-causes."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    text: Words = ""


class Submitting(Given):
    text: Words = ""
