"""The pages as HTML: an alarm with its button, and messages."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from alerts.channels.port import Facts, Language
from alerts.machine import ACTIVE, UNACKNOWLEDGED, State
from alerts.severity import rank
from alerts.wording.figures import with_unit
from alerts.wording.language import WORDS as NAMES
from plant.entries import Tier
from tocsin.answers.desk import Shown
from tocsin.answers.words import WORDS

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_COMMENT = 500


@dataclass(frozen=True, slots=True)
class Banner:
    """A sentence above everything else."""

    text: str
    tone: Literal["good", "warn", "bad"]


def style() -> str:
    """The style sheet as it stands in every page: jinja leaves out a file's last end of line."""
    return (resources.files("tocsin.answers") / "templates" / "style.css").read_text("utf-8").removesuffix("\n")


def seen(shown: Shown) -> str:
    """What of an alarm a page shows that an acknowledgement is bound to."""
    return f"{shown.record.peak_level}.{shown.record.peak_severity}"


def alarm_page(
    shown: Shown,
    *,
    level_told: str,
    contact_name: str,
    tier: Tier,
    language: Language,
    mark: str,
    banner: Banner | None = None,
    comment: str = "",
) -> str:
    """The alarm as it stands now, with the button where there is something left to acknowledge.

    `level_told` is the level that the link was sent for, `mark` the proof that goes with the button.
    """
    words, record, facts = WORDS[language], shown.record, shown.facts
    severity = NAMES[language].severity_name(record.peak_severity)
    banners = [banner] if banner is not None else []
    if rank("", record.peak_level) > rank("", level_told) and record.state is not State.CLOSED:
        level = NAMES[language].level.get(record.peak_level, record.peak_level)
        level = f" ({level})" if level and language == "en" else level
        banners.append(Banner(words.risen.format(severity=severity, level=level), "bad"))
    answered = tier == "enterprise" and record.answered_by is not None
    can_answer = record.state in UNACKNOWLEDGED and not answered
    if record.state is State.CLOSED and banner is None:
        banners.append(Banner(words.over, "good"))
    return _render(
        "alarm.html",
        words=words,
        severity=record.peak_severity,
        severity_name=severity[:1].upper() + severity[1:],
        exercise=shown.exercise or record.exercise,
        late=record.historical,
        banners=banners,
        headline=facts.text.get(language) or facts.text.get("zh") or facts.text.get("en") or facts.rule,
        rows=_rows(shown, language),
        guidance=facts.guidance.get(language) or facts.guidance.get("zh") or facts.guidance.get("en") or "",
        acknowledgements=[
            (words.by_at.format(name=one.by, at=_time(one.at_ms, facts, language)), one.comment)
            for one in shown.acknowledgements
        ],
        can_answer=can_answer,
        active=record.state in ACTIVE,
        centre_too=can_answer and tier == "enterprise" and record.peak_severity == "red",
        contact_name=contact_name,
        seen=seen(shown),
        mark=mark,
        comment=comment,
        most_comment=MOST_COMMENT,
    )


def message_page(language: Language, title: str, text: str, more: str = "") -> str:
    """A page that says one thing."""
    return _render("message.html", words=WORDS[language], title=title, text=text, more=more)


def _rows(shown: Shown, language: Language) -> list[tuple[str, str]]:
    """What is known, as (name, text); what is not known is left out."""
    words, record, facts = WORDS[language], shown.record, shown.facts
    where = dict.fromkeys((facts.region_name, facts.enterprise_name, facts.unit_name, facts.subject_name))
    rows = [
        (words.state, words.states[record.state]),
        (words.where, " · ".join(part for part in where if part)),
        (words.since, _time(record.raised_at, facts, language)),
    ]
    if record.cleared_at is not None:
        rows.append((words.ended, _time(record.cleared_at, facts, language)))
    for name, value in ((words.value, record.value), (words.limit, record.limit)):
        if value is not None:
            rows.append((name, with_unit(value, facts.unit_symbol)))
    return rows


def _time(at_ms: int, facts: Facts, language: Language) -> str:
    return WORDS[language].time.format(datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(facts.zone)))


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(values)


@cache
def _environment() -> "Environment":
    from jinja2 import DictLoader, Environment, StrictUndefined  # of the extra

    folder = resources.files("tocsin.answers") / "templates"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    return Environment(
        loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
