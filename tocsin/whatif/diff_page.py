"""A comparison as a page for somebody who decides whether the change is made."""

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from rules.schema import Rule
from tocsin.pages import Cell, Column, Html, Tile, facts, note, page, paragraph, section, table, tiles
from tocsin.whatif.diff import Diff
from tocsin.whatif.matching import Change, Pair
from tocsin.whatif.page_alarms import alarms_part
from tocsin.whatif.page_rules import rules_part
from tocsin.whatif.page_words import PAGE, Said
from tocsin.whatif.recording import Recording
from tocsin.whatif.shown import TONES, clock_text, length_text, severity_tone
from tocsin.whatif.spans import SEVERITIES
from tocsin.whatif.tally import DAY_MS, Side, Tally
from tocsin.whatif.words import CHANGES, SEVERITY, WHOLE_SITE, Lang

MOST_TRENDS: Final = 12
_MOST_ROWS: Final = 200


def diff_page(diff: Diff, recording: Recording, lang: Lang, trends: int = MOST_TRENDS) -> str:
    """The page as HTML. The worst `trends` differences are drawn. MissingExtraError without tocsin[reports]."""
    said = PAGE[lang]
    parts = [
        section(said["rules_heading"], rules_part(diff, lang, said)),
        section(said["effect_heading"], [*_effect(diff, lang, said), *_tables(diff, lang, said)]),
    ]
    if diff.listed:
        parts.append(section(said["each_heading"], list(alarms_part(diff, recording, lang, said, trends))))
    parts.append(section(said["read_heading"], [_legend(lang, said), paragraph(said["limits"])]))
    return page(said["title"], parts, lang=lang, lead=_lead(diff, said), foot=said["foot"])


def _lead(diff: Diff, said: Said) -> str:
    zone = ZoneInfo(diff.after.site.timezone)
    return said["lead"].format(
        site=diff.after.site.name,
        readings=f"{diff.readings:,}",
        start=clock_text(diff.from_ms, zone),
        end=clock_text(diff.end_ms, zone),
        zone=diff.after.site.timezone,
        length=length_text(diff.stretch_ms, said),
    )


def _effect(diff: Diff, lang: Lang, said: Said) -> list[Html]:
    if diff.same:
        return [note(said["same"].format(n=diff.total.before.alarms), "good")]
    changes = diff.total.changes
    shown = [
        Tile(said["alarms"], f"{diff.total.before.alarms} → {diff.total.after.alarms}", remark=_a_day(diff, said)),
        *(
            Tile(CHANGES[change][lang], str(changes[change]), TONES.get(change, "") if changes[change] else "quiet")
            for change in TONES
        ),
    ]
    parts = [
        tiles(shown),
        paragraph(
            said["summary"].format(
                gone=changes[Change.GONE],
                new=changes[Change.NEW],
                later=changes[Change.LATER],
                earlier=changes[Change.EARLIER],
                merged=changes[Change.MERGED],
                split=changes[Change.SPLIT],
            )
        ),
    ]
    never = [p for p in diff.listed if Change.GONE in p.changes and _never(p, diff.before.rules)]
    if never:
        parts.append(
            note(said["never"].format(n=len(never), rules=", ".join(sorted({p.span.rule for p in never}))), "bad")
        )
    if diff.stretch_ms < DAY_MS:
        parts.append(note(said["short"].format(length=length_text(diff.stretch_ms, said))))
    return parts


def _never(pair: Pair, rules: tuple[Rule, ...]) -> bool:
    """Whether the alarm had reached a level that may never be suppressed."""
    return any(rule.id == pair.span.rule and pair.span.level in rule.never_suppress for rule in rules)


def _a_day(diff: Diff, said: Said) -> str:
    if diff.stretch_ms < DAY_MS:
        return ""
    before, after = (side.per_day(diff.stretch_ms) for side in (diff.total.before, diff.total.after))
    return said["a_day"].format(before=f"{before:.1f}", after=f"{after:.1f}")


def _tables(diff: Diff, lang: Lang, said: Said) -> list[Html]:
    names = {e.enterprise: e.name for site in (diff.before.site, diff.after.site) for e in site.enterprises.values()}
    by_enterprise = {
        f"{names.get(key, '')} ({key})" if key else WHOLE_SITE[lang]: tally for key, tally in diff.by_enterprise.items()
    }
    severities: list[list[str | Cell]] = [
        [
            Cell(SEVERITY[s][lang], severity_tone(s)),
            str(diff.total.before.by_severity[s]),
            str(diff.total.after.by_severity[s]),
        ]
        for s in SEVERITIES
    ]
    columns = [Column(said["severity"]), Column(said["before"], True), Column(said["after"], True)]
    return [
        _tally_table(said["by_rule"], diff.by_rule, diff, lang, said),
        _tally_table(said["by_enterprise"], by_enterprise, diff, lang, said),
        table(columns, severities, caption=said["by_severity"]),
    ]


def _tally_table(caption: str, tallies: Mapping[str, Tally], diff: Diff, lang: Lang, said: Said) -> Html:
    alarms = said["per_day"] if diff.stretch_ms >= DAY_MS else said["alarms"]
    shown = (*TONES, Change.MERGED, Change.SPLIT)
    columns = [
        Column(""),
        Column(alarms, True),
        Column(said["hours_standing"], True),
        *(Column(CHANGES[change][lang], True) for change in shown),
    ]

    def alarms_of(side: Side) -> str:
        return f"{side.per_day(diff.stretch_ms):.1f}" if diff.stretch_ms >= DAY_MS else str(side.alarms)

    rows: list[list[str | Cell]] = []
    for name, tally in sorted(tallies.items(), key=lambda item: (-item[1].changes.total(), item[0])):
        sides = (tally.before, tally.after)
        counts = [Cell(str(n), TONES.get(c, "")) if (n := tally.changes[c]) else Cell("·", "quiet") for c in shown]
        hours = " → ".join(f"{side.alarm_hours:.2f}" for side in sides)
        rows.append([name, " → ".join(map(alarms_of, sides)), hours, *counts])
    return table(columns, rows, caption=caption)


def _legend(lang: Lang, said: Said) -> Html:
    return facts((CHANGES[change][lang], said[f"is_{change.value}"]) for change in Change)
