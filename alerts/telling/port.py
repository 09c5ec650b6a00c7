"""What telling asks of the routes in force (alerts/routes/routing.py answers it)."""

from collections.abc import Mapping
from typing import Protocol

from alerts.call import Way
from alerts.place import Place
from alerts.record import AlarmRecord
from alerts.routes.schema import RouteSettings, RoutesFile, Who


class Routes(Protocol):
    """Times are ms since the epoch. Every answer depends on the arguments and the configuration alone."""

    @property
    def file(self) -> RoutesFile: ...

    @property
    def routes(self) -> Mapping[str, RouteSettings]:
        """By id, in the order of the file."""

    def matching(self, alarm: AlarmRecord, place: Place) -> tuple[RouteSettings, ...]:
        """The routes that an alarm enters, in the order of the file."""

    def people(self, who: Who, place: Place, at_ms: int) -> tuple[str, ...]:
        """The contacts whom it names at that time, each once; of `within_m` the neighbours."""

    def ways(self, contact: str, over: tuple[str, ...] = ()) -> tuple[Way, ...]:
        """A contact's channels in the order in which they are tried, or those of `over`."""

    def quiet_until(self, contact: str, at_ms: int) -> int:
        """The end of the contact's quiet hours, `at_ms` outside of them."""

    def next_full_span(self, span_s: float, at_ms: int) -> int:
        """The first full span after a time, counted since midnight of the site."""
