"""Whom an overdue disposal calls (pure)."""

from alerts.call import Call, Purpose
from alerts.disposal.record import Overdue
from alerts.place import Place
from alerts.record import AlarmRecord
from alerts.routes.schema import Who
from alerts.telling.port import Routes

_PURPOSE: Purpose = "overdue"


def overdue_calls(overdue: Overdue, alarm: AlarmRecord, severity: str, place: Place, routing: Routes) -> list[Call]:
    """One call for each person who is to hear of it: the assignee, or whoever has the tier's role now.

    Only red passes quiet hours.
    """
    people: tuple[str, ...]
    if overdue.role:
        people = routing.people(Who(role=overdue.role, of=overdue.of), place, overdue.at)
    else:
        people = (overdue.contact,) if overdue.contact else ()
    urgent = severity == "red"
    calls = []
    for contact in people:
        ways = routing.ways(contact)
        if ways:
            calls.append(
                Call(
                    key=f"{alarm.alarm}.{alarm.events}.disposal.{overdue.deadline}.{overdue.tier}.{overdue.at}.{contact}",
                    alarm=alarm.alarm,
                    n=alarm.events,
                    purpose=_PURPOSE,
                    ways=ways,
                    at=overdue.at,
                    route="disposal",
                    rung=overdue.tier,
                    not_before=overdue.at if urgent else routing.quiet_until(contact, overdue.at),
                    urgent=urgent,
                )
            )
    return calls
