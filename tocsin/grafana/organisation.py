"""Organisations of a Grafana, which only its server administrator may see and make."""

from urllib.parse import quote

from tocsin.grafana.connection import Grafana
from tocsin.grafana.outcome import Became, Outcome, Tell


def id_of_organisation(grafana: Grafana, name: str) -> int | None:
    """None where there is none of that name."""
    found = grafana.get("organisations", f"/orgs?name={quote(name)}")
    return next((int(org["id"]) for org in found if org["name"] == name), None)


def push_organisation(grafana: Grafana, name: str, tell: Tell) -> int:
    """Make the organisation; its id."""
    there = id_of_organisation(grafana, name)
    if there is not None:
        tell(Outcome("organisation", name, Became.UNCHANGED))
        return there
    made = int(grafana.do(f"make organisation {name}", lambda api: api.organization.create_organization(name))["orgId"])
    tell(Outcome("organisation", name, Became.CREATED))
    return made
