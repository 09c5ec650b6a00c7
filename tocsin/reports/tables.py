"""Each report as sheets in one language."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from alerts.kpi.assessment import Assessed
from tocsin.reports.assessment import Assessment
from tocsin.reports.coverage import Coverage
from tocsin.reports.delivery import Delivery, Told
from tocsin.reports.disposal import DisposalReport
from tocsin.reports.kpi import Judged, Kpi, TopSource
from tocsin.reports.sheets import Column, Form, Raw, Sheet, Value
from tocsin.reports.words import Words

_HOUR_MS: Final = 3_600_000


def moment(ms: int, zone: ZoneInfo) -> str:
    """A time in the site's zone, to the minute."""
    return datetime.fromtimestamp(ms / 1000, zone).strftime("%Y-%m-%d %H:%M")


def kpi_sheets(kpi: Kpi, words: Words) -> list[Sheet]:
    columns = (Column(words("figure")), *_columns(words, "mixed", "value"))
    columns += (Column(words("target")), Column(words("met")), Column(words("source")))
    more: list[list[Raw]] = [
        [words(f"f.{name}"), Value(n, "count"), "", "", ""]
        for name, n in (
            ("alarms", kpi.alarms),
            ("historical", kpi.historical),
            ("floods", kpi.load.floods),
            ("stale", kpi.stale.alarms),
        )
    ]
    sheets = [
        Sheet(
            "figures",
            words("s.figures"),
            columns,
            [*(_judged(j, words) for j in kpi.judged), *more],
            words("kpi_note", consoles=kpi.consoles),
        ),
        _answering(kpi, words),
        _sources("top", kpi.top, words),
    ]
    if kpi.chattering:
        sheets.append(_sources("chattering", kpi.chattering, words))
    sheets.append(
        Sheet(
            "withheld",
            words("s.withheld"),
            (Column(words("kind")), *_columns(words, "count", "begun", "in_force", "unauthorised_n")),
            [[words(f"kind.{w.kind}"), w.begun, w.in_force, w.unauthorised] for w in kpi.withheld],
        )
    )
    return sheets


def _judged(judged: Judged, words: Words) -> list[Raw]:
    form: Form = "share" if "share" in judged.figure else "figure"
    met: Raw = "-"
    if judged.met is not None:
        met = Value(words("yes"), tone="good") if judged.met else Value(words("no"), tone="bad")
    return [
        words(f"f.{judged.figure}"),
        Value(judged.value, form),
        judged.target,
        met,
        words("secondary") if judged.source else "",
    ]


def _answering(kpi: Kpi, words: Words) -> Sheet:
    columns = (
        Column(words("severity")),
        *_columns(words, "count", "alarms", "acknowledged", "waiting"),
        *_columns(words, "span", "median", "p90", "by_centre", "by_enterprise"),
    )
    rows: list[list[Raw]] = [
        [
            severity_cell(a.severity, words),
            a.alarms,
            a.acknowledged,
            a.waiting,
            a.to_acknowledge.median_s,
            a.to_acknowledge.p90_s,
            a.to_centre.median_s,
            a.to_enterprise.median_s,
        ]
        for a in kpi.answering
    ]
    return Sheet("answering", words("s.answering"), columns, rows)


def severity_cell(severity: str, words: Words) -> Value:
    """The name of a severity in its colour; empty is all."""
    if not severity:
        return Value(words("all"))
    return Value(words(severity), tone=severity)  # type: ignore[arg-type]


def _sources(name: str, sources: Sequence[TopSource], words: Words) -> Sheet:
    columns = (
        *_columns(words, "text", "rule", "subject", "enterprise"),
        Column(words("alarms"), "count"),
        Column(words("share"), "share"),
        Column(words("chatters")),
    )
    rows: list[list[Raw]] = [
        [
            s.rule,
            f"{s.subject} {s.side}".strip(),
            s.enterprise,
            s.alarms,
            s.share,
            Value(words("yes"), tone="warn") if s.chattering else "",
        ]
        for s in sources
    ]
    return Sheet(name, words(f"s.{name}"), columns, rows)


def coverage_sheets(coverage: Coverage, words: Words, zone: ZoneInfo) -> list[Sheet]:
    columns = (
        *_columns(words, "text", "kind", "place", "name"),
        *_columns(words, "count", "enterprises", "no_points", "required", "covered"),
        Column(words("coverage_rate"), "share"),
        Column(words("devices"), "count"),
        *_columns(words, "hours", "online_h", "expected_h"),
        Column(words("online_rate"), "share"),
    )
    rows: list[list[Raw]] = [
        [
            words(s.kind),
            s.id,
            s.name,
            s.enterprises,
            s.without_points,
            s.required,
            s.covered,
            s.coverage,
            s.devices,
            s.online_ms / _HOUR_MS,
            s.expected_ms / _HOUR_MS,
            s.online_rate,
        ]
        for s in coverage.shares
    ]
    note = words(
        "coverage_note",
        from_=moment(coverage.from_ms, zone),
        until=moment(coverage.to_ms, zone),
        paused=f"{coverage.paused_ms / _HOUR_MS:.1f}",
    )
    sheets = [Sheet("shares", words("s.shares"), columns, rows, note)]
    gaps: list[list[Raw]] = [[g.enterprise, g.unit, g.kind, words(g.why)] for g in coverage.gaps]
    columns = _columns(words, "text", "enterprise", "unit", "point_kind", "why")
    sheets.append(Sheet("gaps", words("s.gaps"), columns, gaps))
    bare: list[list[Raw]] = [[name] for name in coverage.without_points]
    return [*sheets, Sheet("without_points", words("s.without_points"), _columns(words, "text", "enterprise"), bare)]


def disposal_sheets(report: DisposalReport, words: Words, lang_causes: dict[str, str]) -> list[Sheet]:
    """`lang_causes` are the words of causes by code."""
    counted = ("opened", "closed", "open", "closed_in_period", "overdue", "missed", "reopened", "closed_loop")
    columns = (
        Column(words("severity")),
        *_columns(words, "count", *counted),
        Column(words("closed_loop_rate"), "share"),
        *_columns(words, "span", "to_assign", "to_close", "to_close_p90"),
    )
    rows: list[list[Raw]] = [
        [
            severity_cell(d.severity, words),
            *(getattr(d, name) for name in counted),
            d.closed_loop_rate,
            d.to_assign.median_s,
            d.to_close.median_s,
            d.to_close.p90_s,
        ]
        for d in report.severities
    ]
    causes: list[list[Raw]] = [[c.cause, lang_causes.get(c.cause, ""), c.disposals, c.share] for c in report.causes]
    columns_of_causes = (
        *_columns(words, "text", "code", "cause"),
        Column(words("disposals"), "count"),
        Column(words("share"), "share"),
    )
    return [
        Sheet("disposals", words("s.disposals"), columns, rows, words("disposal_note")),
        Sheet("causes", words("s.causes"), columns_of_causes, causes),
    ]


_TOLD: Final = (
    "calls",
    "delivered",
    "still_waiting",
    "dead",
    "withdrawn",
    "rejected",
    "failed_over",
    "messages",
    "failed",
    "throttled",
    "confirmed",
    "undelivered",
    "most_a_day",
)


def delivery_sheets(delivery: Delivery, words: Words) -> list[Sheet]:
    figures = (*_columns(words, "count", *_TOLD), *_columns(words, "span", "median", "p99"))
    tests = {"tests": delivery.self_tests, "arrived": delivery.self_tests_arrived, "failed": delivery.self_tests_failed}
    note = words("delivery_note", **tests)
    channels: list[list[Raw]] = [[told.channel, *_told(told)] for told in delivery.channels]
    channels.append([words("all"), *_told(delivery.all)])
    recipients: list[list[Raw]] = [[t.channel, t.contact, *_told(t)] for t in delivery.recipients if t.contact]
    columns = (*_columns(words, "text", "channel", "contact"), *figures)
    return [
        Sheet("channels", words("s.channels"), (Column(words("channel")), *figures), channels, note),
        Sheet("recipients", words("s.recipients"), columns, recipients),
    ]


def _told(told: Told) -> list[Raw]:
    counts: list[Raw] = [getattr(told, "waiting" if name == "still_waiting" else name) for name in _TOLD]
    return [*counts, told.to_delivered.median_s, told.to_delivered.p99_s]


def assessment_sheets(assessment: Assessment, words: Words) -> list[Sheet]:
    weights = ", ".join(f"{words(f'c.{name}')} {weight:g}" for name, weight in assessment.weights.items())
    note = words("assessment_note", weights=weights, within=assessment.within_ms // 1000)
    given = (
        ("regions", assessment.regions, note),
        ("parks", assessment.parks, ""),
        ("enterprises", assessment.enterprises, ""),
    )
    names = list(assessment.weights)
    columns = (
        Column(words("rank"), "count"),
        *_columns(words, "text", "place", "name"),
        Column(words("score"), "figure"),
        *(Column(words(f"c.{name}")) for name in names),
    )
    return [
        Sheet(name, words(f"s.{name}"), columns, [_assessed(a, words) for a in places], said)
        for name, places, said in given
    ]


def _assessed(assessed: Assessed, words: Words) -> list[Raw]:
    """A row with its working: part / whole = value of each criterion."""
    score: Raw = assessed.score if assessed.score is not None else Value(words(assessed.why_not), tone="quiet")
    cells: list[Raw] = []
    for c in assessed.criteria:
        hours = c.name == "online"
        part, whole = (f"{x / _HOUR_MS:,.1f} h" if hours else f"{x:,.0f}" for x in (c.part, c.whole))
        cells.append("-" if c.value is None else f"{part} / {whole} = {c.value:.1%}")
    return [assessed.rank, assessed.id, assessed.name, score, *cells]


def _columns(words: Words, form: Form, *names: str) -> tuple[Column, ...]:
    return tuple(Column(words(name), form) for name in names)
