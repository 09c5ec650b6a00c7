"""The alarm board."""

from typing import Final

from tocsin.console.page import Nav, PageContext, page
from tocsin.console.shell import heading
from tocsin.console.words import Table

WORDS: Final = Table({"title": ("告警板", "Alarm board"), "nav": ("告警", "Alarms")})


@page("/", WORDS, nav=Nav(10, "notifications_active"))
def board(context: PageContext) -> None:
    """Open alarms."""
    heading(context.words["title"])
