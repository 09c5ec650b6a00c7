"""The site folder, and the settings as far as they speak of it."""

from pathlib import Path

from alerts.routes.check_channels import channel_mistakes
from plant.mistakes import InputError
from tocsin.configuration import Configured, read_configuration
from tocsin.doctor.finding import Fact, Finding, bad, ok, warn
from tocsin.selftest.check import check_settings
from tocsin.settings import Settings

_NAME = "site"


def look_at_site(settings: Settings, config: str) -> list[Finding]:
    """Read it as `tocsin run` does at its start."""
    site = str(settings.site)
    try:
        configured = read_configuration(settings.site)
        agree(settings, configured, config)
    except InputError as error:
        return [bad(_NAME, "site_wrong", n=len(error.mistakes), first=str(error.mistakes[0]), site=site)]
    read = configured.site
    counts: dict[str, Fact] = {
        "enterprises": len(read.enterprises),
        "points": len(read.points),
        "rules": len(configured.rules),
    }
    found = [ok(_NAME, "site_ok", "", **counts)]
    if configured.warnings:
        first = str(configured.warnings[0])
        found.append(warn(_NAME, "site_warned", n=len(configured.warnings), first=first, site=site))
    if not configured.routes.routes and not settings.webhook:
        found.append(warn(_NAME, "nobody_told", file=str(Path(site) / "routes.yaml")))
    return found


def agree(settings: Settings, configured: Configured, config: str) -> None:
    """InputError where site and settings don't go together."""
    channels = {channel.name: channel.public for channel in settings.channel}
    if mistakes := channel_mistakes(configured.routes, configured.site, channels):
        raise InputError(mistakes)
    check_settings(settings, configured, config)
