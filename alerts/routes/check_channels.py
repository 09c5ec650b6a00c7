"""The channels that routes and contacts name, against those of the settings: known only where both are at hand."""

from collections.abc import Iterator, Mapping

from alerts.routes.placed import FILE, unknown
from alerts.routes.schema import RoutesFile, Who
from plant.mistakes import Mistake
from plant.site import Site

_CONTACTS = "contacts.csv"


def channel_mistakes(file: RoutesFile, site: Site, channels: Mapping[str, bool]) -> list[Mistake]:
    """What routes would do in vain or must not do. `channels` are those of the settings: name -> whether it is public.

    Unknown channels are errors, and so are public ones of a rung without approvers. Without routes there is nothing
    to find. A mistake in routes.yaml stands at line 1; its column names route and rung.
    """
    mistakes = [*_of_rungs(file, channels)]
    named = ", ".join(channels) or "none"
    for contact in site.contacts.values() if file.routes else ():
        wrong = [channel for channel in contact.channels if channel not in channels]
        for channel in wrong:
            message = unknown(channel, channels, f"the names of [[channel]] in the settings ({named})")
            mistakes.append(Mistake(_CONTACTS, contact.line, "channels", message))
    return sorted([*mistakes, *_public_of_contacts(file, site, channels)])


def _of_rungs(file: RoutesFile, channels: Mapping[str, bool]) -> Iterator[Mistake]:
    named = ", ".join(channels) or "none"
    for route in file.routes:
        for k, rung in enumerate(route.ladder):
            column = f"{route.id}.ladder.{k}.over"
            for channel in rung.over:
                if channel not in channels:
                    message = unknown(channel, channels, f"the names of [[channel]] in the settings ({named})")
                    yield Mistake(FILE, 1, column, message)
                elif channels[channel] and not rung.approvers:
                    yield Mistake(FILE, 1, column, f"{channel} is public, needed are approvers")


def _public_of_contacts(file: RoutesFile, site: Site, channels: Mapping[str, bool]) -> Iterator[Mistake]:
    """Contacts named one by one, or through a roster, whose own channels are public, by rungs without approvers."""
    rosters = {roster.id: roster for roster in file.rosters}

    def named(who: Who) -> list[str]:
        roster = rosters.get(who.roster or "")
        if roster is not None:
            return [
                *(contact for shift in roster.shifts for contact in shift.contacts),
                *roster.otherwise,
                *(entry.by for entry in roster.stand_ins),
            ]
        if who.contact is not None:
            return [who.contact]
        role = who.role or who.neighbour_role
        return [contact.contact for contact in site.contacts.values() if contact.role == role]

    for route in file.routes:
        for k, rung in enumerate(route.ladder):
            if rung.approvers or rung.over:
                continue
            told = dict.fromkeys(contact for who in rung.to for contact in named(who) if contact in site.contacts)
            for contact in told:
                public = [channel for channel in site.contacts[contact].channels if channels.get(channel, False)]
                if public:
                    message = f"{contact} is told over {public[0]}, which is public, needed are approvers"
                    yield Mistake(FILE, 1, f"{route.id}.ladder.{k}.to", message)
