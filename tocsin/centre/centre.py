"""The centre: its parts, put together once for a process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tocsin.centre.acts import Acts
from tocsin.centre.alarm_events import AlarmEvents
from tocsin.centre.alarms import Alarms
from tocsin.centre.alarms_at import AlarmsAt
from tocsin.centre.contacts import Contacts
from tocsin.centre.delivery import CentreDelivery
from tocsin.centre.devices import DeviceHealths
from tocsin.centre.disposals import CentreDisposals
from tocsin.centre.drills import CentreDrills
from tocsin.centre.examination import Examination
from tocsin.centre.explain import Explanations
from tocsin.centre.grounds import Grounds
from tocsin.centre.hazard_reports import CentreHazardReports
from tocsin.centre.health import CentreHealth
from tocsin.centre.marks import Marks
from tocsin.centre.northbound import Northbound
from tocsin.centre.notices import CentreNotices
from tocsin.centre.onboarding import Onboarding
from tocsin.centre.overrides import CentreOverrides
from tocsin.centre.place_lists import PlaceLists
from tocsin.centre.places import SitePlaces
from tocsin.centre.reports import CentreReports
from tocsin.centre.risk import Risks
from tocsin.centre.rulebook import Rulebook
from tocsin.centre.rules import CentreRules
from tocsin.centre.rules_of import RulesOfPoints
from tocsin.centre.trends import PointTrends
from tocsin.centre.watch import Watch
from tocsin.clock import Clock
from tocsin.records import Records, records_of
from tocsin.settings import Settings


@dataclass(frozen=True, slots=True)
class Centre:
    """Every part's methods take the principal first and hold sight and permissions. Start `watch` before use."""

    data: Path
    records: Records
    settings: Settings
    clock: Clock
    grounds: Grounds
    watch: Watch
    acts: Acts
    places: SitePlaces
    place_lists: PlaceLists
    trends: PointTrends
    alarms: Alarms
    alarm_events: AlarmEvents
    marks: Marks
    explanations: Explanations
    disposals: CentreDisposals
    overrides: CentreOverrides
    notices: CentreNotices
    delivery: CentreDelivery
    reports: CentreReports
    hazard_reports: CentreHazardReports
    health: CentreHealth
    risk: Risks
    devices: DeviceHealths
    onboarding: Onboarding
    rules_of: RulesOfPoints
    rules: CentreRules
    rulebook: Rulebook
    drills: CentreDrills
    examination: Examination
    northbound: Northbound
    alarms_at: AlarmsAt
    contacts: Contacts

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> Self:
        """The centre of a service or a cluster. Nothing is opened or asked yet."""
        data, records = settings.data, records_of(settings)
        grounds, acts = Grounds(records), Acts(records)
        watch = Watch(records, settings.http.listen, clock, old_ms=int(settings.console.readings_old_s * 1000))
        alarms = Alarms(records, grounds, acts)
        places = SitePlaces(grounds, watch.latest)
        rulebook = Rulebook(records, grounds)
        return cls(
            data=data,
            records=records,
            settings=settings,
            clock=clock,
            grounds=grounds,
            watch=watch,
            acts=acts,
            places=places,
            trends=PointTrends(places, settings.influx, records, clock),
            place_lists=PlaceLists(grounds),
            alarms=alarms,
            alarm_events=AlarmEvents(records, grounds, watch.board),
            marks=Marks(records),
            explanations=Explanations(records, alarms),
            disposals=CentreDisposals(records, grounds, acts),
            overrides=CentreOverrides(records, grounds, acts, clock),
            notices=CentreNotices(records, grounds, acts),
            delivery=CentreDelivery(records, grounds, clock),
            reports=CentreReports(records, grounds, clock),
            hazard_reports=CentreHazardReports(data, grounds, alarms, clock),
            health=CentreHealth(records, grounds, watch.pulse),
            risk=Risks(records, grounds, watch.board, watch.latest, clock),
            devices=DeviceHealths(records, grounds, clock),
            onboarding=Onboarding(records, grounds),
            rules_of=RulesOfPoints(grounds),
            rules=CentreRules(records, grounds, rulebook),
            rulebook=rulebook,
            drills=CentreDrills(settings, grounds, clock),
            examination=Examination(settings, grounds, watch.board, clock),
            northbound=Northbound(records, grounds),
            alarms_at=AlarmsAt(records, grounds, watch.board, alarms),
            contacts=Contacts(grounds),
        )
