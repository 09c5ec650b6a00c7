"""A push: all that is ours at Grafana is made as this version of Tocsin has it."""

from collections.abc import Iterable
from typing import Final

from dashboards.names import BOARDS
from dashboards.provisioning import FOLDER_TITLE
from dashboards.provisioning.files import FOLDERS
from plant.site_reader import read_site
from tocsin.followers.influx import InfluxSettings, read_token
from tocsin.grafana.alerting import push_alerting
from tocsin.grafana.boards import push_board, read_boards
from tocsin.grafana.connection import Grafana
from tocsin.grafana.datasource import Datasource, push_datasource
from tocsin.grafana.enterprise import organisation_name, push_enterprise
from tocsin.grafana.errors import GrafanaError
from tocsin.grafana.folders import Folder, push_folder, push_teams
from tocsin.grafana.organisation import id_of_organisation
from tocsin.grafana.outcome import Tell
from tocsin.grafana.own_bucket import OwnBucket, push_own_bucket
from tocsin.settings import Settings
from tocsin.settings.grafana import GrafanaSettings

ALERTS_FOLDER: Final = Folder("tocsin-alerts", FOLDER_TITLE)


def push_centre(settings: Settings, tell: Tell) -> str:
    """Everything for the centre's staff: data source, teams, folders, boards, alert rules. The server's version.

    Objects are made one after the other and told of as they are done; GrafanaError ends it at the first that fails, and
    a later push goes on from there.
    """
    ours, influx = sections(settings)
    datasource = Datasource(ours.influx_url or influx.url, influx.bucket, read_token(ours.influx_token_file))
    first = Grafana(ours)
    version = first.check_version()
    grafana = _organisation(ours, first)
    push_datasource(grafana, datasource, tell)
    teams = push_teams(grafana, tell)
    for language in ours.languages:
        folder = Folder(f"tocsin-{language}", FOLDERS[language])
        push_folder(grafana, folder, teams, tell)
        for board in read_boards(BOARDS, language, folder.uid, ours.console_url, influx.of_minutes):
            push_board(grafana, board, tell)
    push_folder(grafana, ALERTS_FOLDER, teams, tell)
    push_alerting(grafana, ours, ALERTS_FOLDER.uid, tell)
    return version


def push_enterprises(settings: Settings, enterprises: Iterable[str], tell: Tell) -> str:
    """An organisation for each enterprise, with a bucket of its own. The server's version.

    ValueError if an enterprise is none of the site's, or the settings lack the keys that this needs.
    """
    ours, influx = sections(settings)
    if ours.password_file is None:
        raise ValueError("organisations are made by Grafana's server administrator: [grafana] username, password_file")
    if ours.influx_admin_token_file is None:
        raise ValueError("buckets and tokens are made with [grafana] influx_admin_token_file")
    site, _ = read_site(settings.site)
    chosen = list(dict.fromkeys(enterprises))
    unknown = [enterprise for enterprise in chosen if enterprise not in site.enterprises]
    if unknown:
        raise ValueError(f"the site has no enterprise {', '.join(unknown)}")
    admin_token = read_token(ours.influx_admin_token_file)
    version = Grafana(ours).check_version()
    for enterprise in chosen:
        own = OwnBucket(influx.bucket, influx.of_minutes, enterprise)
        token = push_own_bucket(influx, admin_token, own, tell)
        datasource = Datasource(ours.influx_url or influx.url, own.name, token)
        push_enterprise(ours, organisation_name(enterprise, site.enterprises[enterprise].name), datasource, tell)
    return version


def sections(settings: Settings) -> tuple[GrafanaSettings, InfluxSettings]:
    """Both sections that a push needs. ValueError names the one that is missing."""
    if settings.grafana is None:
        raise ValueError("the settings have no section [grafana]")
    if settings.influx is None:
        raise ValueError("the settings have no section [influx]: boards show what InfluxDB holds")
    return settings.grafana, settings.influx


def _organisation(settings: GrafanaSettings, grafana: Grafana) -> Grafana:
    """The organisation that is meant: chosen by name with a password; a token's own, which must be of that name."""
    if settings.org is None:
        return grafana
    if settings.token_file is None:
        chosen = id_of_organisation(grafana, settings.org)
        if chosen is None:
            raise GrafanaError(f"{settings.url} has no organisation {settings.org!r}")
        return Grafana(settings, chosen)
    own = grafana.get("the organisation", "/org")["name"]
    if own != settings.org:
        raise GrafanaError(
            f"the token in {settings.token_file} is of organisation {own!r}, and the settings say {settings.org!r}"
        )
    return grafana
