"""Ways from board to board: variables and the time shown go along."""

from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

from dashboards.names import TAG
from dashboards.say import Say

TIME: Final = "${__url_time_range}"


def field(name: str) -> str:
    """The value of another column of the row that was clicked."""
    return f'${{__data.fields["{name}"]}}'


def url(say: Say, board: str, **variables: str) -> str:
    """The address of a board. Values are texts, `field(...)`, or a variable such as `$enterprise`."""
    given = "".join(f"&var-{name}={value}" for name, value in variables.items())
    return f"/d/{say.uid(board)}?{TIME}{given}"


def to(say: Say, title: str, board: str, **variables: str) -> DashboardLink:
    """A data link: what a click on a value opens."""
    return DashboardLink(title).type(DashboardLinkType.LINK).url(url(say, board, **variables))


def in_cell(say: Say, title: str, board: str, variables: Mapping[str, str]) -> list[dict[str, object]]:
    """A data link of one column of a table."""
    return [{"title": title, "url": url(say, board, **variables)}]


def between_boards(say: Say, board: str) -> list[DashboardLink]:
    """The links at the top: the way up, and all boards."""
    links = [
        DashboardLink(say("全部看板", "All boards"))
        .type(DashboardLinkType.DASHBOARDS)
        .tags([f"{TAG}-{say.language}"])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    ]
    if board != "district":
        up = DashboardLink(say("区域总览", "District")).type(DashboardLinkType.LINK).icon("arrow-up")
        links.insert(0, up.url(f"/d/{say.uid('district')}").include_vars(True).keep_time(True))
    return links
