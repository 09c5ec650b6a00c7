"""Alert rules that Grafana decides itself, and whom it tells."""

from typing import Any, Final
from urllib.parse import quote

from dashboards.provisioning import GROUP, RULES, SecondLineRule
from tocsin.grafana.connection import Grafana
from tocsin.grafana.outcome import Became, Outcome, Tell
from tocsin.settings.grafana import GrafanaSettings

RECEIVER: Final = "Tocsin second line"
"""The contact point that our rules name: no notification policy is touched."""
_CONTACT_POINTS: Final = "/v1/provisioning/contact-points"
_RULES: Final = "/v1/provisioning/alert-rules"


def push_alerting(grafana: Grafana, settings: GrafanaSettings, folder: str, tell: Tell) -> None:
    """Make the contact point, where the settings name somebody, and the rules in `folder`."""
    points = _contact_points(settings)
    for point in points:
        _push_point(grafana, point, tell)
    org = grafana.get("the organisation", "/org")["id"]
    for rule in RULES:
        _push_rule(grafana, _rule(rule, org, folder, RECEIVER if points else None), tell)


def _contact_points(settings: GrafanaSettings) -> list[dict[str, Any]]:
    points = []
    if settings.alert_emails:
        addresses = {"addresses": ";".join(settings.alert_emails), "singleEmail": False}
        points.append({"uid": "tocsin-mail", "name": RECEIVER, "type": "email", "settings": addresses})
    if settings.alert_webhook is not None:
        target = {"url": settings.alert_webhook, "httpMethod": "POST"}
        points.append({"uid": "tocsin-webhook", "name": RECEIVER, "type": "webhook", "settings": target})
    return points


def _push_point(grafana: Grafana, wanted: dict[str, Any], tell: Tell) -> None:
    found = grafana.get("contact points", f"{_CONTACT_POINTS}?name={quote(RECEIVER)}")
    there = next((point for point in found if point.get("uid") == wanted["uid"]), None)
    if there is None:
        grafana.do("make a contact point", lambda api: api.alertingprovisioning.create_contactpoint(wanted))
        became = Became.CREATED
    elif there.get("provenance") == "file":
        became = Became.LEFT
    elif _holds(there, wanted):
        became = Became.UNCHANGED
    else:
        grafana.do(
            "change a contact point",
            lambda api: api.alertingprovisioning.update_contactpoint(wanted["uid"], wanted),
        )
        became = Became.UPDATED
    tell(Outcome("contact point", f"{RECEIVER} ({wanted['type']})", became))


def _push_rule(grafana: Grafana, wanted: dict[str, Any], tell: Tell) -> None:
    uid = wanted["uid"]
    there = grafana.find(f"alert rule {uid}", f"{_RULES}/{uid}")
    if there is None:
        grafana.do(f"make alert rule {uid}", lambda api: api.alertingprovisioning.create_alertrule(wanted))
        became = Became.CREATED
    elif there.get("provenance") == "file":
        became = Became.LEFT
    elif _holds(there, wanted) and bool(there.get("notification_settings")) == ("notification_settings" in wanted):
        became = Became.UNCHANGED
    else:
        grafana.do(f"change alert rule {uid}", lambda api: api.alertingprovisioning.update_alertrule(uid, wanted))
        became = Became.UPDATED
    tell(Outcome("alert rule", wanted["title"], became))


def _rule(rule: SecondLineRule, org: int, folder: str, receiver: str | None) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "uid": rule.uid,
        "orgID": org,
        "folderUID": folder,
        "ruleGroup": GROUP,
        "title": rule.title,
        "condition": "C",
        "data": rule.data(),
        "for": rule.duration(),
        "noDataState": rule.no_data,
        "execErrState": "Alerting",
        "annotations": rule.annotations(),
        "labels": rule.labels(),
    }
    if receiver is not None:
        wanted["notification_settings"] = {"receiver": receiver}
    return wanted


def _holds(there: Any, wanted: Any) -> bool:
    """Whether all that is wanted is there; Grafana adds defaults of its own."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(_holds(there.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(there, list) and len(there) == len(wanted) and all(map(_holds, there, wanted))
    return bool(there == wanted)
