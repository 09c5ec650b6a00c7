"""What the demo prints: alarms as they come, and at the end what became of them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from plant.site import Site
from rules.events import AlarmEvent
from rules.schema import Rule
from tocsin.cli.colours import SEVERITY_STYLES

_STYLES = {
    "red": "bold white on red",
    "orange": "bold black on dark_orange",
    "yellow": "black on yellow",
    "blue": "white on blue",
}
_LOOK_AT = (
    "The alarm board: within a minute a gas leak at 示例甲涂料厂 Coatings A climbs from yellow to red, and a dust"
    " collector\n     at 示例丙家具厂 Furniture C sparks. Acknowledge one.",
    "The map: the colours of enterprises, and of the towns they lie in.",
    "An alarm's own page: why it was raised, who was told, its disposal. Name a cause and close it.",
)
_SIGNS = {"raised": "▲", "upgraded": "⬆", "downgraded": "⬇", "cleared": "✓"}


class Screen:
    """Prints to stdout; called from the decider's thread."""

    def __init__(self, site: Site, rules: tuple[Rule, ...]) -> None:
        self._site = site
        self._zone = ZoneInfo(site.timezone)
        self._texts = {rule.id: rule.text for rule in rules}
        self._console = Console(highlight=False, soft_wrap=True)
        self.raised = 0
        self.events = 0

    def say(self, text: str) -> None:
        self._console.print(text)

    def invite(self, address: str, link: str, user: str) -> None:
        """Where the console is, how to get in, and what to look at there."""
        self._console.print(f"[bold]The console 控制台: {address}[/] · user {user}")
        self._console.print(f"sign in, once: {link} (choose a password there)")
        for number, line in enumerate(_LOOK_AT, 1):
            self._console.print(f"  {number}. {line}")
        self._console.print("")

    def show(self, events: list[AlarmEvent]) -> None:
        """One line an event."""
        for event in events:
            self.events += 1
            self.raised += event.event == "raised"
            self._console.print(self._line(event))

    def _line(self, event: AlarmEvent) -> Text:
        when = datetime.fromtimestamp(event.at / 1000, self._zone).strftime("%H:%M:%S")
        value = "" if event.value is None else f"  {event.value:.4g}"
        limit = "" if event.limit is None else f" (limit {event.limit:g})"
        line = Text(f"{when} ")
        line.append(f" {event.severity:<6} ", SEVERITY_STYLES[event.severity] if event.event != "cleared" else "dim")
        line.append(f" {_SIGNS.get(event.event, ' ')} {event.event:<10} {event.subject:<12} ")
        line.append(f"{event.rule} {event.level}", "bold")
        line.append(f"{value}{limit}")
        line.append(f"  {self._place(event)}", "dim")
        return line

    def _place(self, event: AlarmEvent) -> str:
        enterprise = self._site.enterprises.get(event.enterprise)
        point = self._site.points.get(event.subject)
        unit = self._site.units.get(event.subject if point is None else point.unit)
        return " · ".join(part.name for part in (enterprise, unit) if part is not None)
