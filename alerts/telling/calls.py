"""The calls that an alarm owes at one moment: to whom, over what, when, each person once (pure)."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from alerts.call import Call, Purpose, Way
from alerts.record import AlarmRecord
from alerts.routes.schema import RouteSettings
from alerts.telling.port import Routes
from alerts.telling.state import Recent, ToldContact

LONGEST_KEY: Final = 200


class Calls:
    """Makes the calls of one alarm at one time.

    `severity` is what the moment goes by (the alarm's peak severity, or that before an acknowledgement), `named` says
    that its level is under never_suppress: like red, it is held by no quiet hours and no digest. `late` marks what
    came to be known long after it happened. `recent` are those whom rungs have called at this time before.
    """

    def __init__(
        self,
        record: AlarmRecord,
        at: int,
        routes: Routes,
        severity: str,
        *,
        named: bool,
        late: bool = False,
        recent: Iterable[Recent] = (),
    ) -> None:
        self.made: list[Call] = []
        self._alarm, self._enterprise = record.alarm, record.enterprise
        self._at = at
        self._routes = routes
        self._urgent = severity == "red"
        self._named = named
        self._holdable = not (named or self._urgent)
        self._late_digest = late and self._holdable and severity != "orange"
        self._recent = {recent.contact: recent for recent in recent}
        self.changed = False
        """Whether `recent` is another than it was."""

    @property
    def recent(self) -> tuple[Recent, ...]:
        return tuple(self._recent.values())

    def tell(
        self, told: ToldContact, route: RouteSettings, n: int, round_: int, purpose: Purpose, *, once: bool = True
    ) -> tuple[str, ...]:
        """Call a person in the way of a rung; returns the keys of the calls by which they hear of it.

        Who is called at this time already, and not later, is not called again, except where the call needs an
        approval, or without `once`. No keys: there is no way to reach them.
        """
        contact = told.contact
        rung = route.ladder[min(told.rung, len(route.ladder) - 1)]
        not_before = self._not_before(contact, route) if self._holdable else 0
        if rung.approvers:
            once = False
        if once:
            known = self._recent.get(contact)
            if known is not None and known.not_before <= not_before:
                return known.keys
        ways = self._routes.ways(contact, rung.over)
        if not ways:
            return ()
        head = f"{self._alarm}.{n}.{route.id}.{told.rung}.{round_}.{contact}"
        each = {_key(f"{head}.{way.channel}"): (way,) for way in ways} if rung.at_once else {_key(head): ways}
        for key, over in each.items():
            self._make(key, over, told, route, n, purpose, not_before, rung.approvers)
        keys = tuple(each)
        if once:
            self._recent[contact] = Recent(contact, not_before, keys)
            self.changed = True
        return keys

    def _make(
        self,
        key: str,
        ways: tuple[Way, ...],
        told: ToldContact,
        route: RouteSettings,
        n: int,
        purpose: Purpose,
        not_before: int,
        approvers: tuple[str, ...],
    ) -> None:
        bundle = ""
        if self._late_digest:
            bundle = f"late:{self._enterprise}"
        elif self._holdable and route.digest_s:
            bundle = f"digest:{route.id}"
        self.made.append(
            Call(
                key=key,
                alarm=self._alarm,
                n=n,
                purpose="neighbour" if told.neighbour else purpose,
                ways=ways,
                at=self._at,
                route=route.id,
                rung=told.rung,
                not_before=not_before,
                bundle=bundle,
                urgent=self._urgent,
                named=self._named,
                approvers=approvers,
            )
        )

    def _not_before(self, contact: str, route: RouteSettings) -> int:
        """The digest's time, then the end of the quiet hours in which that falls; 0: at once."""
        at = self._at
        span_s = self._routes.file.late_digest_s if self._late_digest else route.digest_s
        due = self._routes.next_full_span(span_s, at) if span_s else at
        due = self._routes.quiet_until(contact, due)
        return due if due > at else 0


def _key(text: str) -> str:
    """A key no longer than LONGEST_KEY: the end of a longer one is replaced by its digest."""
    if len(text) <= LONGEST_KEY:
        return text
    digest = blake2b(text.encode(), digest_size=10).hexdigest()
    return f"{text[: LONGEST_KEY - 1 - len(digest)]}.{digest}"
