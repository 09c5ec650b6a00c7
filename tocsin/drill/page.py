"""The report of a drill as one HTML page that can be shown to a plant's manager."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from tocsin.drill.choice import Drawn, choose
from tocsin.drill.compare import compare
from tocsin.drill.library import Stage
from tocsin.drill.report import Drill
from tocsin.drill.run import Run
from tocsin.drill.score import Score
from tocsin.drill.screen import number, spread
from tocsin.drill.sentences import sentences
from tocsin.drill.trend import incident_trend
from tocsin.drill.words import Words
from tocsin.pages import Cell, Column, Html, Lang, Tile, Tone, facts, note, page, paragraph, section, table, tiles

Row = list[str | Cell]

_LISTED = 30


def report_page(
    drill: Drill, stages: Sequence[Stage], played: Sequence[Sequence[Run]], lang: Lang, older: Drill | None = None
) -> str:
    """The page. MissingExtraError where the extra `reports` is not installed."""
    words = Words(lang)
    parts = [_tiles(drill.total, words)]
    parts.append(section(words("summary"), [paragraph(text) for text in sentences(drill, lang)]))
    if older is not None:
        parts.append(section(words("compare"), _comparison(older, drill, words)))
    parts.append(section(words("scenarios"), _scenarios(drill, words)))
    parts.append(section(words("rules"), [_rules(drill, words)]))
    drawn, count = choose(stages, played)
    if drawn:
        intro = [] if len(drawn) == count else [paragraph(words("incidents_note", shown=len(drawn), all=count))]
        parts.append(section(words("incidents"), [*intro, *(_incident(d, words) for d in drawn)]))
    unfounded = [u for u in drill.unfounded if u.judgement == "false"]
    if unfounded:
        parts.append(section(words("false_list"), _unfounded(drill, stages, words)))
    seeds = str(drill.seeds[0]) if len(drill.seeds) == 1 else f"{drill.seeds[0]}-{drill.seeds[-1]}"
    foot = words("foot", seeds=seeds, digest=drill.digest[:12], readings=f"{drill.readings:,}")
    return page(f"{words('title')} · {drill.site}", parts, lang=lang, lead=words("lead"), foot=foot)


def _tiles(total: Score, words: Words) -> Html:
    delay = total.delay_s
    found = [
        Tile(
            words("tile_incidents"),
            f"{total.incidents - total.incidents_missed} / {total.incidents}",
            "bad" if total.incidents_missed else "good" if total.incidents else "",
        ),
        Tile(
            words("tile_delay"),
            "-" if delay.median is None else words("seconds", s=f"{delay.median:.0f}"),
            "",
            "" if delay.median is None or delay.n < 2 else f"5-95 %: {delay.p5:.0f} .. {delay.p95:.0f}",
        ),
        Tile(
            words("tile_false"),
            str(total.false_alarms),
            "bad" if total.false_alarms else "good",
            words("tile_false_remark", rate=number(total.false_per_10k) or "-"),
        ),
    ]
    if total.faults:
        tone: Tone = "warn" if total.faults_unnamed else "good"
        found.append(Tile(words("tile_faults"), f"{total.faults_named} / {total.faults}", tone))
        found.append(Tile(words("tile_mistaken"), str(total.mistaken), "warn" if total.mistaken else "good"))
    return tiles(found)


def _scenarios(drill: Drill, words: Words) -> list[Html]:
    heads: tuple[str, ...] = ("n_incidents", "missed", "hits", "misses", "delay", "lead_time", "false", "false_rate")
    columns = [Column(words("scenario")), *(Column(words(head), figures=True) for head in heads)]
    of = [(s.scenario, s.score) for s in drill.scenarios] + [(words("in_all"), drill.total)]
    parts = [table(columns, [[name, *_cells(score)] for name, score in of])]
    parts += [paragraph(words("definitions")), paragraph(words("spread_note"))]
    if drill.total.faults or drill.total.mistaken:
        heads = ("faults", "named", "mistaken")
        columns = [Column(words("scenario")), *(Column(words(head), figures=True) for head in heads)]
        rows: list[Row] = [
            [name, str(score.faults), str(score.faults_named), _bad(score.mistaken, "warn")]
            for name, score in of
            if score.faults or score.mistaken
        ]
        parts.append(table(columns, rows, caption=words("faults_caption")))
    if drill.left_out:
        parts.append(paragraph(words("left_out", names=", ".join(name for name, _ in drill.left_out))))
    return parts


def _cells(score: Score) -> list[str | Cell]:
    return [
        str(score.incidents),
        _bad(score.incidents_missed),
        str(score.hits),
        _bad(score.misses),
        spread(score.delay_s),
        spread(score.lead_s),
        _bad(score.false_alarms),
        number(score.false_per_10k),
    ]


def _bad(count: int, tone: Tone = "bad") -> Cell:
    return Cell(str(count), tone if count else "quiet")


def _rules(drill: Drill, words: Words) -> Html:
    heads = ("rule_hits", "rule_misses", "delay", "lead_time", "alarms", "false", "false_rate", "mistaken")
    columns = [Column(words("rule")), Column(words("about")), *(Column(words(head), figures=True) for head in heads)]
    rows: list[Row] = [
        [
            r.rule,
            words(r.sort),
            str(r.hits),
            _bad(r.misses),
            spread(r.delay_s),
            spread(r.lead_s),
            str(r.alarms),
            _bad(r.false_alarms),
            number(r.false_per_10k),
            _bad(r.mistaken, "warn"),
        ]
        for r in drill.rules
        if r.hits or r.misses or r.alarms
    ]
    return table(columns, rows)


def _incident(drawn: Drawn, words: Words) -> Html:
    verdict, run = drawn.leading, drawn.run
    truth, ground = verdict.truth, drawn.stage.ground()
    point, unit = ground.site.points[truth.point], ground.site.units[truth.unit]
    enterprise = ground.site.enterprises[truth.enterprise]
    first = verdict.first
    said = words("nobody") if first is None else first[1]
    given = [
        (words("scenario"), f"{run.scenario} · {words('seed')} {run.seed}"),
        (words("unit"), f"{enterprise.name} · {unit.name}"),
        (words("point"), f"{truth.point} ({point.kind})"),
        (words("first"), said),
    ]
    if verdict.delay_s is not None:
        given.append((words("delay"), f"{verdict.delay_s:.1f}"))
    if verdict.lead_s is not None:
        given.append((words("lead_time"), f"{verdict.lead_s:.1f}"))
    parts = [facts(given), incident_trend(drawn, words)]
    if first is None:
        nobody = "no_rule" if truth.sort == "process" else "unnamed"
        silent = words("silent", rules=", ".join(verdict.silent)) if verdict.silent else words(nobody)
        parts.append(note(silent, "bad"))
    elif first[1] in ground.rules:
        guidance = words.pick(ground.rules[first[1]].guidance)
        if guidance:
            parts.append(note(f"{words('guidance')}: {guidance}"))
    if drawn.others:
        columns = [Column(words("point")), Column(words("first")), Column(words("delay"), figures=True)]
        rows: list[Row] = [
            [
                v.truth.point,
                v.first[1] if v.first else (Cell(words("nobody"), "bad") if v.due else "-"),
                number(v.delay_s),
            ]
            for v in drawn.others
        ]
        parts.append(table(columns, rows, caption=words("other_points")))
    tone: Tone = "bad" if drawn.badness[0] >= 2 else "warn" if drawn.badness[0] == 1 else "good"
    kind = words.kind(truth.kind)
    title = kind if truth.incident == truth.kind else f"{kind} · {truth.incident}"
    return section(title, parts, level=3, tone=tone)


def _comparison(older: Drill, drill: Drill, words: Words) -> list[Html]:
    found = compare(older, drill)
    parts = [note(words.remark(remark), "warn") for remark in found.remarks]
    if not found.changes:
        return [*parts, paragraph(words("same"))]
    columns = [Column(""), Column(words("where")), Column(words("figure"))]
    columns += [Column(words("before"), figures=True), Column(words("now"), figures=True)]
    rows: list[Row] = [
        [
            Cell(words("worse"), "bad") if change.worse else Cell(words("better"), "good"),
            words.where(change.where),
            words.figure(change.figure),
            number(change.before),
            number(change.after),
        ]
        for change in (*found.worse, *found.better)
    ]
    return [*parts, table(columns, rows)]


def _unfounded(drill: Drill, stages: Sequence[Stage], words: Words) -> list[Html]:
    zones = {stage.name: ZoneInfo(stage.configured().site.timezone) for stage in stages}
    found = [u for u in drill.unfounded if u.judgement == "false"]
    columns = [Column(words(head)) for head in ("scenario", "rule", "subject", "at")]
    rows: list[Row] = [
        [
            f"{u.scenario} · {words('seed')} {u.seed}",
            Cell(f"{u.rule} {u.level}", _severity(u.severity)),
            u.subject,
            datetime.fromtimestamp(u.raised_at / 1000, zones[u.scenario]).strftime("%Y-%m-%d %H:%M:%S"),
        ]
        for u in found[:_LISTED]
    ]
    parts = [table(columns, rows)]
    if len(found) > _LISTED:
        parts.append(paragraph(words("more", n=len(found) - _LISTED)))
    return parts


def _severity(severity: str) -> Tone:
    return severity if severity in ("red", "orange", "yellow", "blue") else ""  # type: ignore[return-value]
