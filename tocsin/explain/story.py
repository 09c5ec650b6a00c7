"""An explanation as sentences and facts, for the terminal and for pages."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from rules.events import AlarmEvent
from tocsin.explain.explain import Explained
from tocsin.explain.words import BEGUN, EVENTS, KINDS, PROBLEMS, SAID, VERDICT, WHY_NOT
from tocsin.log.versions import SIGNAL
from tocsin.whatif.words import LEVELS, SEVERITY, Lang

Row = tuple[str, str, str, str, str, str]
"""(when, what, severity, level, value, remark)"""


class Story:
    """Everything about one alarm in one language."""

    def __init__(self, found: Explained, lang: Lang) -> None:
        self.found = found
        self.lang: Lang = lang
        self.said = SAID[lang]
        self.timezone = found.configured.site.timezone if found.configured is not None else "UTC"
        self._zone = ZoneInfo(self.timezone)
        own = next((p for p in found.points if p.point == found.alarm.subject), None)
        self.unit = _unit(found, own.unit_symbol if own is not None else None)

    def time(self, at_ms: int) -> str:
        """A time as people at the site read it, with milliseconds where it has some."""
        at = datetime.fromtimestamp(at_ms / 1000, self._zone)
        return at.strftime("%Y-%m-%d %H:%M:%S") + (f".{at_ms % 1000:03d}" if at_ms % 1000 else "")

    def lead(self) -> str:
        """The alarm in one sentence."""
        raised = self.found.raised
        return self.said["lead"].format(
            severity=SEVERITY[raised.severity][self.lang] if raised.severity in SEVERITY else raised.severity,
            level="" if raised.level == "on" else (", " if self.lang == "en" else "，") + self._level(raised.level),
            place=self._place(),
            at=self.time(raised.at),
        )

    def why(self) -> list[str]:
        """The reason in a few sentences."""
        found, raised, said = self.found, self.found.raised, self.said
        lines = []
        if found.rule is not None:
            kind = KINDS.get(found.rule.condition.kind, {self.lang: found.rule.condition.kind})[self.lang]
            lines.append(said["summary"].format(rule=found.rule.id, kind=kind))
            text = self._text(found.rule.text)
            if text:
                lines.append(said["said"].format(text=text))
        if raised.value is not None and raised.limit is not None and self._is_forecast():
            limit = f"{raised.limit:.6g}"
            lines.append(
                said["ahead"].format(
                    level=self._level(raised.level), limit=limit, unit=self.unit, seconds=f"{raised.value:.6g}"
                )
            )
        elif raised.value is not None:
            line = said["value"].format(value=f"{raised.value:.6g}", unit=self.unit)
            if raised.limit is not None:
                words = "needed" if raised.level == "on" else "against"
                line += said[words].format(level=self._level(raised.level), limit=f"{raised.limit:.6g}", unit=self.unit)
            lines.append(line + said["stop"].strip())
        if raised.onset is not None:
            line = said["since"].strip().format(onset=self.time(raised.onset))
            if raised.at > raised.onset:
                line += said["held"].format(held=self._length(raised.at - raised.onset))
            delay_s = self._delay_s()
            lines.append(line + (said["delay"].format(delay=f"{delay_s:g}") if delay_s else said["no_delay"]))
        return lines

    def facts(self) -> Iterator[tuple[str, str]]:
        """Names and what they are."""
        found, raised, said = self.found, self.found.raised, self.said
        yield said["alarm"], raised.alarm
        yield said["where"], self._place()
        yield said["rule"], said["rule_text"].format(rule=raised.rule, version=raised.version)
        if found.version is not None:
            v = found.version
            who = said["by"].format(who=v.who, why=v.why) if v.applied else said["by_folder"]
            if v.who == SIGNAL:
                who = said["by_signal"]
            yield (
                said["in_force"],
                said["in_force_text"].format(n=found.version_number, at=self.time(v.at_ms), who=who),
            )
        if found.rule is not None and found.rule.source is not None:
            source = found.rule.source
            certainty = said["certainty"].format(certainty=source.certainty)
            yield said["clause"], ", ".join(part for part in (source.standard, source.clause, certainty) if part)
        if raised.limit is not None:
            text = said["limit_text"].format(
                level="" if raised.level == "on" else self._level(raised.level),
                limit=f"{raised.limit:.15g}",
                unit=self.unit,
            )
            yield (
                said["limit"],
                text.strip() + (said["from"].format(origin=found.limit_origin) if found.limit_origin else ""),
            )
        if raised.onset is not None:
            yield said["onset"], self.time(raised.onset)
        yield said["on_delay"], f"{self._delay_s():g} s"
        if raised.readings:
            readings = [
                said["reading"].format(value=f"{value:.15g}", unit=self.unit, at=self.time(at))
                for at, value in raised.readings
            ]
            yield said["decided"], "; ".join(readings)
        members = self._members()
        if members:
            yield said["members"], "; ".join(members)
        yield said["arrived"], self.time(raised.received_at)
        yield said["reason"], raised.reason
        if raised.forecast is not None:
            crossing = raised.forecast
            last = said["never"] if crossing.to is None else self.time(crossing.to)
            text = said["forecast_text"].format(at=self.time(crossing.at), first=self.time(crossing.from_), last=last)
            yield said["forecast"], text
        if raised.pending:
            yield said["pending"], ", ".join(raised.pending)
        if found.rule is not None and (guidance := self._text(found.rule.guidance)):
            yield said["guidance"], guidance

    def after(self) -> list[Row]:
        """What happened, oldest first: its events, and what operators tried in vain."""
        rows = [(n.event.at, self._row(n.event)) for n in self.found.events]
        for _, action, refused in self.found.actions:
            if refused is not None or action.action == "comment":
                remark = f"{action.by}: {action.comment}" if action.comment else action.by
                if refused is not None:
                    remark += f" ({self.said['refused'].format(why=refused)})"
                at = self.time(action.received_at_ms)
                rows.append((action.received_at_ms, (at, action.action, "", "", "", remark)))
        return [row for _, row in sorted(rows, key=lambda pair: pair[0])]

    def quality(self) -> Iterator[str]:
        """What was wrong with the readings."""
        found, said = self.found, self.said
        if found.stretch is None:
            return
        yield said["stretch"].format(first=self.time(found.from_ms), last=self.time(found.to_ms), zone=self.timezone)
        for heard in found.stretch.heard:
            problems = [self._count(n, PROBLEMS[name][self.lang]) for name, n in heard.problems.items()]
            name = "silent" if not len(heard.at_ms) else "problems" if problems else "fine"
            separator = ", " if self.lang == "en" else "，"
            yield said[name].format(point=heard.point.point, n=len(heard.at_ms), problems=separator.join(problems))
        if len(found.points) > len(found.stretch.heard):
            yield said["more_points"].format(n=len(found.points) - len(found.stretch.heard))
        for first, last, source, reason in found.stretch.outages:
            end = said["now"] if last is None else self.time(last)
            yield said["outage"].format(source=source, first=self.time(first), last=end, reason=reason).strip()

    def proof(self) -> str:
        """Whether the alarm was reproduced, and how."""
        found, lang = self.found, self.lang
        rerun = found.rerun
        if rerun is None:
            key, _, n = found.why_not.partition(":")
            return VERDICT["impossible"][lang].format(why=WHY_NOT[key][lang].format(n=n, raised=found.raised_entry))
        begun = BEGUN[rerun.begun][lang].format(start=rerun.start, time=self.time(rerun.start_ms))
        return VERDICT[found.verdict][lang].format(
            begun=begun, stop=rerun.stop, readings=rerun.readings, n=len(found.events), m=len(rerun.events)
        )

    def differences(self) -> list[tuple[str, str]]:
        """(alarm book, decided again) for each event that is not the same."""
        rerun = self.found.rerun
        if rerun is None or rerun.same:
            return []
        count = max(len(self.found.events), len(rerun.events))
        sides = [
            [(" ".join(self._row(n.event)).strip(), n.event) for n in events]
            for events in (self.found.events, rerun.events)
        ]
        rows = []
        for n in range(count):
            one, other = (side[n] if n < len(side) else ("-", None) for side in sides)
            if one[1] != other[1]:
                rows.append((one[0], other[0]))
        return rows

    def _row(self, event: AlarmEvent) -> Row:
        unit = " s" if self._is_forecast() else self.unit
        value = "" if event.value is None else f"{event.value:.6g}{unit}"
        return (
            self.time(event.at),
            EVENTS[event.event][self.lang] if event.event in EVENTS else event.event,
            SEVERITY[event.severity][self.lang] if event.severity in SEVERITY else event.severity,
            "" if event.level == "on" else self._level(event.level),
            value,
            event.reason,
        )

    def _members(self) -> list[str]:
        """Of an alarm over several points the latest readings before it was raised, by its own points."""
        found = self.found
        if found.stretch is None or found.alarm.subject in {point.point for point in found.points}:
            return []
        shown = []
        for heard in found.stretch.heard:
            before = (heard.received_at_ms <= found.raised.received_at) & np.isfinite(heard.value)
            if before.any():
                unit = f" {heard.point.unit_symbol}" if heard.point.unit_symbol else ""
                shown.append(f"{heard.point.point} {heard.value[before][-1]:.6g}{unit}")
        return shown

    def _is_forecast(self) -> bool:
        return self.found.rule is not None and self.found.rule.condition.kind == "forecast"

    def _count(self, n: int, what: str) -> str:
        return f"{n} {what}" if self.lang == "en" else f"{what} {n} 次"

    def _delay_s(self) -> float:
        rule, level = self.found.rule, self.found.raised.level
        return next((rule.on_delay_of(known) for known in rule.levels if known == level), 0.0) if rule else 0.0

    def _level(self, level: str) -> str:
        return LEVELS[level][self.lang] if level in LEVELS else level

    def _place(self) -> str:
        found = self.found
        if found.configured is None:
            return found.alarm.enterprise
        site = found.configured.site
        point = site.points.get(found.alarm.subject)
        enterprise = site.enterprises.get(found.alarm.enterprise)
        unit = site.units.get(point.unit if point is not None else found.alarm.subject)
        names = [enterprise.name if enterprise else found.alarm.enterprise, unit.name if unit else ""]
        kind = f"{point.point} ({point.kind})" if point is not None else found.alarm.subject
        return ", ".join(name for name in (*names, kind) if name)

    def _text(self, texts: dict[str, str]) -> str:
        text = texts.get(self.lang) or next(iter(texts.values()), "")
        value = self.found.raised.value
        return text.replace("{point}", self.found.alarm.subject).replace(
            "{value}", "" if value is None else f"{value:.6g}"
        )

    def _length(self, ms: int) -> str:
        return f"{ms / 1000:.15g} s" if ms < 120_000 else f"{ms / 60_000:.1f} min"


def _unit(found: Explained, symbol: str | None) -> str:
    """The unit of values and limits, where they are in that of the point."""
    if symbol is None or found.rule is None:
        return ""
    window = found.rule.condition.window
    if found.rule.condition.kind == "rate":
        return f" {symbol}/s"
    own = found.rule.condition.kind in ("limit", "twa", "forecast", "range", "deviation", "drift", "frozen")
    return f" {symbol}" if own or (window is not None and window.stat != "count") else ""
