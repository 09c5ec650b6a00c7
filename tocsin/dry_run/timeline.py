"""A dry run as lines that a duty manager can read, and as JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts.call import Call
from alerts.routes.reasons import Reason
from alerts.routes.routing import Routing
from tocsin.dry_run.telling import Considered, DryRun, Step, held_by
from tocsin.dry_run.words import WORDS


class Timeline:
    """The words of one dry run in one language."""

    def __init__(self, run: DryRun, routing: Routing, lang: str) -> None:
        self._run = run
        self._routing = routing
        self._said = WORDS[lang]
        self._zone = ZoneInfo(routing.site.timezone)

    def lines(self) -> Iterator[str]:
        """Everything, a line each."""
        yield self._lead()
        for title, entered in (("entered", True), ("not_entered", False)):
            routes = [one for one in self._run.considered if one.entered is entered]
            if routes:
                yield ""
                yield self._said[title]
                for one in routes:
                    yield f"  {one.route.id}: {self._why(one)}"
        yield ""
        if not self._run.calls:
            yield self._said["nobody_told"]
            return
        yield self._said["timeline"]
        for step in self._run.steps:
            yield from self._step(step)
        reached = {step.route for step in self._run.steps}
        for one in self._run.considered:
            if one.entered and one.route.id not in reached:
                yield f"  {self._said['no_step'].format(route=one.route.id)}"
        yield ""
        people = self._people(self._run.over)
        yield self._said["over"].format(people=people) if people else self._said["over_nobody"]

    def _lead(self) -> str:
        alarm, site = self._run.alarm, self._routing.site
        known = site.enterprises.get(self._run.place.enterprise)
        return self._said["lead"].format(
            severity=self._said[alarm.peak_severity],
            level=alarm.peak_level,
            rule=alarm.rule or "-",
            subject=alarm.subject,
            enterprise=known.name if known is not None else "-",
            at=self._clock(alarm.raised_at),
            zone=site.timezone,
        )

    def _why(self, one: Considered) -> str:
        if one.behind:
            return self._said["behind"].format(route=one.behind)
        shown = [reason for reason in one.reasons if reason.fits is one.entered]
        return self._said["and"].join(map(self._reason, shown)) or self._said["everything"]

    def _reason(self, reason: Reason) -> str:
        wanted = self._said["list"].join(reason.wanted)
        if reason.key == "hours":
            return self._said["hours_fit" if reason.fits else "hours_not"].format(wanted=wanted)
        found = self._said["list"].join(word or '""' for word in reason.found) or self._said["nothing"]
        return self._said["is" if reason.fits else "is_not"].format(key=reason.key, found=found, wanted=wanted)

    def _step(self, step: Step) -> Iterator[str]:
        after_s = (step.at - self._run.alarm.raised_at) // 1000
        said = self._said[step.purpose]
        rung = self._said["rung"].format(rung=step.rung + 1)
        yield f"  {self._clock(step.at)}  +{after_s // 60}:{after_s % 60:02}  {step.route}, {rung}: {said}"
        if not step.calls:
            yield f"      {self._said[self._empty(step)]}"
        for call in self._by_person(step.calls):
            yield f"      {self._call(call)}"

    def _empty(self, step: Step) -> str:
        """Why a rung makes no call: it finds nobody, or everybody was told at that moment."""
        told = {way.contact for call in self._run.calls if call.at == step.at for way in call.ways}
        rung = self._routing.routes[step.route].ladder[step.rung]
        named = {person for who in rung.to for person in self._routing.people(who, self._run.place, step.at)}
        return "told_already" if named & told else "nobody"

    @staticmethod
    def _by_person(calls: tuple[Call, ...]) -> list[list[Call]]:
        """A person's calls together: over all channels at once there are several."""
        found: dict[str, list[Call]] = {}
        for call in calls:
            found.setdefault(call.ways[0].contact, []).append(call)
        return list(found.values())

    def _call(self, calls: list[Call]) -> str:
        said, first = self._said, calls[0]
        channels = [way.channel for call in calls for way in call.ways]
        over = said["then"].join(channels) if len(calls) == 1 else said["list"].join(channels) + said["at_once"]
        notes = []
        if first.purpose == "neighbour":
            notes.append(said["neighbour"])
        if held := held_by(first):
            notes.append(said[held].format(until=self._clock(first.not_before)))
        if first.approvers:
            notes.append(said["approval"].format(approvers=self._people(first.approvers)))
        note = f"  [{'; '.join(notes)}]" if notes else ""
        return f"{self._people((first.ways[0].contact,))}  {over}{note}"

    def _people(self, contacts: tuple[str, ...]) -> str:
        names = ((contact, self._routing.name_of(contact)) for contact in contacts)
        return self._said["list"].join(f"{name} ({contact})" if name != contact else contact for contact, name in names)

    def _clock(self, ms: int) -> str:
        return datetime.fromtimestamp(ms / 1000, self._zone).strftime("%Y-%m-%d %H:%M:%S")


def as_json(run: DryRun, routing: Routing) -> dict[str, Any]:
    """The same facts for programs; times are ms since the epoch."""
    alarm = run.alarm
    return {
        "alarm": {
            "rule": alarm.rule,
            "subject": alarm.subject,
            "enterprise": alarm.enterprise,
            "level": alarm.peak_level,
            "severity": alarm.peak_severity,
            "raised_at": alarm.raised_at,
            "historical": alarm.historical,
            "exercise": alarm.exercise,
        },
        "routes": [
            {
                "route": one.route.id,
                "entered": one.entered,
                "behind": one.behind or None,
                "reasons": [reason._asdict() for reason in one.reasons],
            }
            for one in run.considered
        ],
        "steps": [
            {
                "at": step.at,
                "route": step.route,
                "rung": step.rung,
                "purpose": step.purpose,
                "reason": step.reason,
                "calls": [_call_json(call, routing) for call in step.calls],
            }
            for step in run.steps
        ],
        "told_when_over": list(run.over),
    }


def _call_json(call: Call, routing: Routing) -> dict[str, Any]:
    contact = call.ways[0].contact
    return {
        "contact": contact,
        "name": routing.name_of(contact),
        "purpose": call.purpose,
        "channels": [way.channel for way in call.ways],
        "not_before": call.not_before or None,
        "held_by": held_by(call) or None,
        "urgent": call.urgent,
        "approvers": list(call.approvers),
    }
