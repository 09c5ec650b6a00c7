"""The pages that people open: their address is one that others can reach, and its certificate is good."""

from typing import Final
from urllib.parse import urlsplit

from tocsin.doctor.finding import Finding, Verdict, bad, ok, warn
from tocsin.doctor.of_service import reachable
from tocsin.doctor.reach import is_here, reached, reached_url
from tocsin.settings import Settings

_ANSWERS: Final = "answers"
_CONSOLE: Final = "console"


def look_at_answers(settings: Settings, now_ms: int) -> list[Finding]:
    """The pages behind links in messages."""
    if settings.answers is None:
        return [ok(_ANSWERS, "answers_none")]
    try:
        settings.answers.links()
    except ValueError as error:
        return [bad(_ANSWERS, "secret", error=str(error))]
    return look_at_page(_ANSWERS, settings.answers.public_url, now_ms)


def look_at_console(settings: Settings, now_ms: int) -> list[Finding]:
    """It answers here, and where people open it. Not every machine has one: that there is none is a warning."""
    console = settings.console
    host, port = reachable(console.listen)
    found = reached(_CONSOLE, "", host, port, now_ms, tls=False)
    if found[0].verdict is not Verdict.OK:
        return [warn(_CONSOLE, "console_away", address=f"{host}:{port}")]
    public = urlsplit(console.public_url).netloc
    if console.public_url and public != f"{host}:{port}":
        found += look_at_page(_CONSOLE, console.public_url, now_ms)
    return found


def look_at_page(check: str, url: str, now_ms: int) -> list[Finding]:
    """An address at which people open pages."""
    parts = urlsplit(url)
    if is_here(parts.hostname or ""):
        return [*reached_url(check, "", url, now_ms), warn(check, "page_here", url=url)]
    found = reached_url(check, "", url, now_ms)
    if parts.scheme == "http":
        found.append(warn(check, "page_plain", url=url))
    return found
