"""The centre: its parts, put together once for a process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tocsin.centre.acts import Acts
from tocsin.centre.alarms import Alarms
from tocsin.centre.grounds import Grounds
from tocsin.centre.places import SitePlaces
from tocsin.centre.risk import Risks
from tocsin.centre.watch import Watch
from tocsin.clock import Clock
from tocsin.settings import Settings


@dataclass(frozen=True, slots=True)
class Centre:
    """Every part's methods take the principal first and hold sight and permissions. Start `watch` before use."""

    data: Path
    settings: Settings
    clock: Clock
    grounds: Grounds
    watch: Watch
    acts: Acts
    places: SitePlaces
    alarms: Alarms
    risk: Risks

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> Self:
        """The centre of a service's data folder. Nothing is opened or asked yet."""
        data = settings.data
        grounds, acts = Grounds(data), Acts(data)
        watch = Watch(data, settings.http.listen, clock)
        return cls(
            data=data,
            settings=settings,
            clock=clock,
            grounds=grounds,
            watch=watch,
            acts=acts,
            places=SitePlaces(grounds, watch.latest),
            alarms=Alarms(data, grounds, acts),
            risk=Risks(data, grounds, watch.board, watch.latest, clock),
        )
