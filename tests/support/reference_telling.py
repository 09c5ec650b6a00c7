"""Who is told, written from docs/reference/routes.md alone: slow, by looking through everything that has happened.

Nothing is kept but diaries. When the next step of a ladder is due is found anew from its diary each time it is asked.
Effects come as tuples: ("call", key, purpose, ways, at, not before, bundle, urgent, named, approvers),
("withdrawn", route, at, purposes, held) and ("escalated", alarm, route, rung, at).
"""

from typing import Any

from support.reference_telling_diary import Diary
from support.telling_world import POLICY, FakeRouting, Input, changes_of, named, place_of

from alerts.fold import fold
from alerts.record import AlarmRecord
from alerts.remark import Remark

ASKING = ("alarm", "repeat", "escalated", "neighbour")


class Reference:
    """Feed it the inputs in order; `effects` is what must come of them."""

    def __init__(self, versions: list[FakeRouting]) -> None:
        self.versions = versions
        self.routing = versions[0]
        self.records: dict[str, AlarmRecord] = {}
        self.quiet: set[str] = set()
        self.diaries: dict[str, list[Diary]] = {}
        self.effects: list[tuple[Any, ...]] = []
        self.spoken: list[dict[str, Any]] = []
        """Every call of a rung, to tell nobody twice at the same time."""

    def run(self, inputs: list[Input], end: int) -> list[tuple[Any, ...]]:
        for given in inputs:
            self.climb_until(given.at - 1)
            self.take(given)
        self.climb_until(end)
        return self.effects

    def climb_until(self, until: int) -> None:
        while True:
            waiting = []
            for alarm, diaries in self.diaries.items():
                for place, diary in enumerate(diaries):
                    route = self.routing.routes[diary.route]
                    at = diary.next_at(route)
                    if at is not None and at <= until:
                        waiting.append((at, alarm, route.digest_s > 0, place))
            if not waiting:
                return
            at, alarm, _, place = min(waiting)
            self.step(alarm, self.diaries[alarm][place], at)

    def step(self, alarm: str, diary: Diary, at: int) -> None:
        route = self.routing.routes[diary.route]
        rung = diary.rungs()
        if rung == 0:
            self.tell_rung(alarm, diary, 0, "alarm", at)
        elif rung < len(route.ladder):
            self.effects.append(("escalated", alarm, route.id, rung, at))
            folded = fold(self.records[alarm], Remark(alarm, "escalated", at, ""), POLICY)
            assert folded.record is not None
            self.records[alarm] = folded.record
            diary.note("event", at, n=folded.record.events)
            self.tell_rung(alarm, diary, rung, "escalated", at)
        else:
            diary.note("repeat", at, keys=[])
            entry = diary.entries[-1]
            entry["keys"] = self.name(alarm, diary, len(route.ladder) - 1, "repeat", at)

    def tell_rung(self, alarm: str, diary: Diary, rung: int, purpose: str, at: int) -> None:
        keys = self.name(alarm, diary, rung, purpose, at)
        diary.note("rung", at, rung=rung, keys=keys)

    def name(self, alarm: str, diary: Diary, rung: int, purpose: str, at: int) -> list[str]:
        """Tell whom a rung names now; returns the keys of the calls by which they hear of it."""
        found = []
        for contact, neighbour in self.named_by(alarm, diary.route, rung, at):
            word = {"purpose": purpose, "n": diary.n, "round": diary.round}
            keys = self.call(alarm, diary.route, contact, rung, neighbour, at, **word)
            found += keys
            if self.routing.routes[diary.route].ladder[rung].approvers:
                diary.asked.update(dict.fromkeys(keys, (contact, rung, neighbour)))
            elif keys:
                diary.told.setdefault(contact, (rung, neighbour))
        return found

    def named_by(self, alarm: str, route: str, rung: int, at: int) -> list[tuple[str, bool]]:
        place = place_of(self.records[alarm])
        found: dict[str, bool] = {}
        for who in self.routing.routes[route].ladder[rung].to:
            if who.within_m is not None:
                contacts = [contact for contact, _ in self.routing.neighbours(who.within_m, who.neighbour_role, place)]
            else:
                contacts = list(self.routing.people(who, place, at))
            for contact in contacts:
                if contact not in found:
                    found[contact] = who.within_m is not None
        return list(found.items())

    def call(
        self,
        alarm: str,
        route_id: str,
        contact: str,
        rung: int,
        neighbour: bool,
        at: int,
        *,
        purpose: str,
        n: int,
        round: int,
        late: bool = False,
        record: AlarmRecord | None = None,
        speaks: bool = True,
    ) -> list[str]:
        """8, 9: one person's calls; `record` is the alarm to go by, `speaks` that it is a rung's."""
        about = record or self.records[alarm]
        route = self.routing.routes[route_id]
        way = route.ladder[min(rung, len(route.ladder) - 1)]
        is_named = named(about.rule, about.level) or named(about.rule, about.peak_level)
        not_before, bundle = 0, ""
        if about.peak_severity != "red" and not is_named:
            when = at
            if late and about.peak_severity != "orange":
                when, bundle = (
                    self.routing.next_full_span(self.routing.file.late_digest_s, at),
                    f"late:{about.enterprise}",
                )
            elif route.digest_s:
                when, bundle = self.routing.next_full_span(route.digest_s, at), f"digest:{route_id}"
            when = self.routing.quiet_until(contact, when)
            not_before = when if when > at else 0
        if speaks and not way.approvers:
            spoken = [s for s in self.spoken if (s["alarm"], s["at"], s["contact"]) == (alarm, at, contact)]
            if spoken and spoken[-1]["not_before"] <= not_before:
                return list(spoken[-1]["keys"])
        ways = self.routing.ways(contact, way.over)
        if not ways:
            return []
        key = f"{alarm}.{n}.{route_id}.{rung}.{round}.{contact}"
        calls = [(f"{key}.{one.channel}", (one,)) for one in ways] if way.at_once else [(key, ways)]
        purpose = "neighbour" if neighbour else purpose
        red = about.peak_severity == "red"
        for key, over in calls:
            self.effects.append(("call", key, purpose, over, at, not_before, bundle, red, is_named, way.approvers))
        keys = [key for key, _ in calls]
        if speaks and not way.approvers:
            self.spoken.append({"alarm": alarm, "at": at, "contact": contact, "not_before": not_before, "keys": keys})
        return keys

    def take(self, given: Input) -> None:
        alarm, at = given.alarm, given.at
        if given.what == "routes":
            self.change_routes(given)
        elif given.what == "notice" and given.notice is not None:
            for diary in self.diaries.get(alarm, []):
                if given.notice.action == "failed":
                    diary.note("failed", at, key=given.notice.call)
                    continue
                asked = diary.asked.pop(given.notice.call, None)
                if asked is not None and given.notice.action == "approve":
                    diary.told.setdefault(asked[0], asked[1:])
        elif given.what == "quiet" and alarm in self.records and alarm not in self.quiet:
            self.quiet.add(alarm)
            self.withhold(alarm, at)
        elif given.what == "release" and alarm in self.quiet:
            self.quiet.discard(alarm)
            self.release(alarm, self.records[alarm].events, at)
            self.forget_closed(alarm, at)
        elif given.what == "step":
            for change in changes_of(given, self.records, alarm in self.quiet):
                self.records[alarm] = change.after
                self.step_taken(change, at)

    def step_taken(self, change: Any, at: int) -> None:
        alarm, before, after, quiet = change.after.alarm, change.before, change.after, change.quiet
        if before is not None and before.state == "closed":
            return
        events = {numbered.event.event: numbered for numbered in change.events}
        if "acknowledged" in events and before is not None:
            self.acknowledged(alarm, before, change.action, events["acknowledged"].n, quiet, at)
        if quiet or "shelved" in events:
            self.withhold(alarm, at)
        else:
            if "cleared" in events and before is not None:
                self.over(alarm, events["cleared"].n, at)
            began = change.events[0] if before is None else events.get("upgraded")
            if began is not None and after.historical and began.event.historical:
                self.late(alarm, began.n, at)
            elif began is not None and before is None:
                self.enter(alarm, began.n, at)
            elif began is not None:
                self.rise(alarm, began.n, at)
            elif "unshelved" in events:
                self.release(alarm, events["unshelved"].n, at)
        self.forget_closed(alarm, at)

    def entered(self, alarm: str) -> list[Diary]:
        """Those without a digest first: they are told sooner."""
        diaries = self.diaries.get(alarm, [])
        return sorted(diaries, key=lambda diary: self.routing.routes[diary.route].digest_s > 0)

    def matching(self, alarm: str) -> list[str]:
        """Routes that match and are not entered."""
        record = self.records[alarm]
        known = {diary.route for diary in self.diaries.get(alarm, [])}
        return [route.id for route in self.routing.matching(record, place_of(record)) if route.id not in known]

    def in_turn(self, alarm: str) -> list[tuple[str, Diary | None]]:
        """1, 2: entered routes, then those that match now; those without a digest first."""
        found: list[tuple[str, Diary | None]] = [(diary.route, diary) for diary in self.diaries.get(alarm, [])]
        found += [(route, None) for route in self.matching(alarm)]
        return sorted(found, key=lambda entry: self.routing.routes[entry[0]].digest_s > 0)

    def begin(self, alarm: str, diary: Diary, n: int, at: int) -> None:
        diary.note("begin", at, n=n)
        if self.routing.routes[diary.route].ladder[0].after_s == 0:
            self.tell_rung(alarm, diary, 0, "alarm", at)

    def enter_one(self, alarm: str, route: str, n: int, at: int) -> None:
        diary = Diary(route, [])
        self.diaries.setdefault(alarm, []).append(diary)
        self.begin(alarm, diary, n, at)
        if not self.wants_answer(alarm, route):
            diary.note("end", at, why="answered")

    def enter(self, alarm: str, n: int, at: int) -> None:
        for route, diary in self.in_turn(alarm):
            if diary is None:
                self.enter_one(alarm, route, n, at)

    def wants_answer(self, alarm: str, route: str) -> bool:
        """4: nobody whose answer ends the route has answered, and it is not over."""
        record = self.records[alarm]
        if record.state in ("active_acknowledged", "latched_acknowledged", "closed"):
            return False
        if record.answered_by is not None and self.routing.routes[route].tier == "enterprise":
            return False
        return record.state == "active_unacknowledged" or record.peak_severity in ("red", "orange")

    def rise(self, alarm: str, n: int, at: int) -> None:
        """5."""
        for route, diary in self.in_turn(alarm):
            if diary is None:
                self.enter_one(alarm, route, n, at)
                continue
            for contact, (rung, neighbour) in list(diary.told.items()):
                word = {"purpose": "alarm", "n": n, "round": diary.round}
                keys = self.call(alarm, route, contact, rung, neighbour, at, **word)
                ladder = self.routing.routes[route].ladder
                if ladder[min(rung, len(ladder) - 1)].approvers:
                    diary.asked.update(dict.fromkeys(keys, (contact, rung, neighbour)))
            if diary.ended in ("answered", "withheld"):
                self.begin(alarm, diary, n, at)

    def late(self, alarm: str, n: int, at: int) -> None:
        """9."""
        for route, diary in self.in_turn(alarm):
            if diary is None:
                people = [(contact, 0, near) for contact, near in self.named_by(alarm, route, 0, at)]
            else:
                people = [(contact, rung, near) for contact, (rung, near) in diary.told.items()]
            for contact, rung, near in people:
                self.call(alarm, route, contact, rung, near, at, purpose="late", n=n, round=0, late=True)

    def release(self, alarm: str, n: int, at: int) -> None:
        """1, 4, 9."""
        if self.records[alarm].historical and not self.diaries.get(alarm):
            if not any(spoken["alarm"] == alarm for spoken in self.spoken):
                self.late(alarm, n, at)
            return
        for diary in self.entered(alarm):
            if diary.ended == "withheld" and self.wants_answer(alarm, diary.route):
                self.begin(alarm, diary, n, at)
        self.enter(alarm, n, at)

    def acknowledged(self, alarm: str, before: AlarmRecord, action: Any, n: int, quiet: bool, at: int) -> None:
        """4, 6."""
        for diary in self.entered(alarm):
            tier = self.routing.routes[diary.route].tier
            ends = before.peak_severity != "red" or action.tier == "centre" or tier == "enterprise"
            if ends and diary.ended in ("", "withheld"):
                self.end(diary, "answered", at)
        for diary in self.entered(alarm) if not quiet else []:
            route = self.routing.routes[diary.route]
            for contact, (_, near) in diary.told.items() if route.acknowledged else ():
                if contact != action.by and not near:
                    self.inform(alarm, diary, contact, at, before, "acknowledged", n)

    def over(self, alarm: str, n: int, at: int) -> None:
        """4, 6, 11."""
        record = self.records[alarm]
        for diary in self.entered(alarm):
            for contact in diary.told if self.routing.routes[diary.route].resolved else ():
                self.inform(alarm, diary, contact, at, record, "resolved", n)
            self.drop_asked(diary, at)
            if record.peak_severity in ("yellow", "blue") and diary.ended == "":
                self.end(diary, "over", at)

    def inform(
        self, alarm: str, diary: Diary, contact: str, at: int, record: AlarmRecord, purpose: str, n: int
    ) -> None:
        """Word of an event to who was told: each once, unless what they get already comes later than this would."""
        ladder = self.routing.routes[diary.route].ladder
        rung, near = diary.told[contact]
        before = len(self.effects)
        word = {"purpose": purpose, "n": n, "round": diary.round}
        self.call(alarm, diary.route, contact, rung, near, at, record=record, speaks=False, **word)
        if ladder[min(rung, len(ladder) - 1)].approvers:
            return
        had = [
            effect
            for effect in self.effects[:before]
            if effect[0] == "call" and not effect[9] and effect[1].startswith(f"{alarm}.{n}.")
            if effect[3][0].contact == contact
        ]
        if had and self.effects[before:] and had[-1][5] <= self.effects[before][5]:
            del self.effects[before:]

    def withhold(self, alarm: str, at: int) -> None:
        """4: shelving and overrides end ladders and withdraw what they owe."""
        for diary in self.diaries.get(alarm, []):
            if diary.ended:
                self.drop_asked(diary, at)
                continue
            if diary.rungs():
                self.effects.append(("withdrawn", diary.route, at, ASKING, False))
            diary.asked.clear()
            diary.note("end", at, why="withheld")

    def end(self, diary: Diary, why: str, at: int) -> None:
        if diary.repeats():
            self.effects.append(("withdrawn", diary.route, at, ("repeat",), False))
        diary.note("end", at, why=why)

    def drop_asked(self, diary: Diary, at: int) -> None:
        if diary.asked:
            self.effects.append(("withdrawn", diary.route, at, ASKING, True))
            diary.asked.clear()

    def forget_closed(self, alarm: str, at: int) -> None:
        if self.records[alarm].state == "closed":
            for diary in self.diaries.pop(alarm, []):
                self.drop_asked(diary, at)
                if diary.ended == "":
                    self.end(diary, "over", at)

    def change_routes(self, given: Input) -> None:
        """12."""
        self.routing = self.versions[given.routes % len(self.versions)]
        for diaries in self.diaries.values():
            for diary in list(diaries):
                if diary.route in self.routing.routes:
                    diary.note("routes", given.at)
                    continue
                self.drop_asked(diary, given.at)
                if diary.ended == "":
                    self.end(diary, "over", given.at)
                diaries.remove(diary)
