"""Whom routes tell, against contacts.csv: people, rosters and roles that don't exist, and ways to reach them."""

from typing import Final

from alerts.routes.placed import Placed, PlacedFile, some, unknown
from alerts.routes.reach import Reach
from alerts.routes.schema import RouteSettings, RoutesFile, Who
from plant.mistakes import Mistake
from plant.site import Site

_CONTACTS: Final = "contacts.csv"
_RELATIVE: Final = ("enterprise", "region", "nearest")
_Path = tuple[str | int, ...]
_Part = Placed[RouteSettings] | Placed[RoutesFile]


def check_people(parsed: PlacedFile, site: Site, reach: Reach, mistakes: list[Mistake]) -> None:
    """Note whom routes name in vain, and contacts that they name and that have no channel."""
    people = _People(site, reach, parsed, mistakes)
    for placed in parsed.routes:
        people.check_route(placed)
    people.check_overdue()
    people.finish()


class _People:
    def __init__(self, site: Site, reach: Reach, parsed: PlacedFile, mistakes: list[Mistake]) -> None:
        self._site = site
        self._reach = reach
        self._parsed = parsed
        self._mistakes = mistakes
        self._told: dict[str, str] = {}
        """Contacts that are told over channels of their own -> which route (the first) tells them."""
        self._rosters: set[str] = set()

    def check_route(self, placed: Placed[RouteSettings]) -> None:
        route = placed.value
        enterprises = self._reach.enterprises(route.match)
        for k, rung in enumerate(route.ladder):
            for i, who in enumerate(rung.to):
                path: _Path = ("ladder", k, "to", i)
                self._check_who(placed, path, who, enterprises)
                if not rung.over:
                    self._note_told(who, f"route {route.id}")
            for i, contact in enumerate(rung.approvers):
                if contact not in self._site.contacts:
                    message = unknown(contact, self._site.contacts, "the ids of contacts.csv")
                    placed.note(self._mistakes, message, "ladder", k, "approvers", i)

    def check_overdue(self) -> None:
        """The tiers that are told of overdue disposals."""
        whole = self._parsed.whole
        for k, tier in enumerate(whole.value.disposal.overdue):
            who = Who(role=tier.role, of=tier.of)
            self._check_role(whole, ("disposal", "overdue", k), who, list(self._site.enterprises))
            self._note_told(who, "disposal.overdue")

    def finish(self) -> None:
        """What shows once all routes were seen."""
        for placed in self._parsed.rosters:
            if placed.value.id not in self._rosters:
                placed.note(self._mistakes, "no route names this roster", "id", warning=True)
        for contact, by in self._told.items():
            known = self._site.contacts.get(contact)
            if known is not None and not known.channels:
                message = f"{contact} is told by {by} and has no channel, needed is one at least"
                self._mistakes.append(Mistake(_CONTACTS, known.line, "channels", message))

    def _check_who(self, placed: Placed[RouteSettings], path: _Path, who: Who, enterprises: list[str]) -> None:
        site = self._site
        if who.contact is not None and who.contact not in site.contacts:
            message = unknown(who.contact, site.contacts, "the ids of contacts.csv")
            placed.note(self._mistakes, message, *path, "contact")
        if who.roster is not None:
            self._rosters.add(who.roster)
            if who.roster not in self._parsed.roster_ids:
                known = sorted(self._parsed.roster_ids)
                message = unknown(who.roster, known, f"the ids of rosters: ({', '.join(known) or 'none'})")
                placed.note(self._mistakes, message, *path, "roster")
        if who.role is not None:
            self._check_role(placed, path, who, enterprises)
        if who.within_m is not None:
            self._check_neighbours(placed, path, who)

    def _check_role(self, placed: _Part, path: _Path, who: Who, enterprises: list[str]) -> None:
        role, of = who.role or "", who.of or "enterprise"
        if not self._has_role(placed, (*path, "role"), role):
            return
        if of not in _RELATIVE and of not in self._site.enterprises and of not in self._reach.regions:
            allowed = f"{', '.join(_RELATIVE)} and the ids of regions and enterprises"
            known = [*_RELATIVE, *self._reach.regions, *self._site.enterprises]
            placed.note(self._mistakes, unknown(of, known, allowed), *path, "of")
            return
        lacking = self._reach.lacking(role, of)
        if of not in _RELATIVE:
            if lacking:
                placed.note(self._mistakes, f"nobody of {of} has the role {role}", *path, "role")
            return
        missing = [enterprise for enterprise in enterprises if enterprise in lacking]
        if missing:
            whose = {"enterprise": "", "region": " in the region", "nearest": " in any region above"}[of]
            message = f"nobody has the role {role}{whose} for alarms at {some(missing)}"
            placed.note(self._mistakes, message, *path, "role", warning=True)

    def _check_neighbours(self, placed: _Part, path: _Path, who: Who) -> None:
        given = "neighbour_role" if "neighbour_role" in who.model_fields_set else "within_m"
        if self._has_role(placed, (*path, given), who.neighbour_role) and self._reach.located < 2:
            message = "fewer than two enterprises have a position (lat, lon), so nobody is a neighbour"
            placed.note(self._mistakes, message, *path, "within_m", warning=True)

    def _has_role(self, placed: _Part, path: _Path, role: str) -> bool:
        if role in self._reach.roles:
            return True
        known = sorted(self._reach.roles)
        allowed = f"the roles of contacts.csv ({some(known) or 'none'})"
        placed.note(self._mistakes, unknown(role, known, allowed), *path)
        return False

    def _note_told(self, who: Who, by: str) -> None:
        for contact in self._named(who):
            self._told.setdefault(contact, by)

    def _named(self, who: Who) -> list[str]:
        """Everybody who may be meant, at any alarm and any time."""
        if who.contact is not None:
            return [who.contact]
        if who.roster is not None:
            rosters = [placed.value for placed in self._parsed.rosters if placed.value.id == who.roster]
            return [
                contact
                for roster in rosters
                for contact in (
                    *(contact for shift in roster.shifts for contact in shift.contacts),
                    *(entry.by for entry in roster.stand_ins),
                    *roster.otherwise,
                )
            ]
        role, of = (who.role, who.of or "enterprise") if who.role is not None else (who.neighbour_role, "enterprise")
        site = self._site
        return [
            contact.contact
            for contact in site.contacts.values()
            if contact.role == role
            and (
                (of == "enterprise" and contact.region_or_enterprise in site.enterprises)
                or (of in ("region", "nearest") and contact.region_or_enterprise not in site.enterprises)
                or contact.region_or_enterprise == of
            )
        ]
