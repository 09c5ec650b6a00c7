"""Where the synthetic reading is published: the reserved point's topic at one of the brokers."""

from dataclasses import dataclass
from typing import Final

from ingest.routes import match_topic
from ingest.source import SourceSettings
from ingest.topic_filter import is_covered
from plant.mistakes import InputError
from rules.subjects import SubjectIndex
from tocsin.configuration import Configured
from tocsin.settings import Settings

RULE: Final = "self-test"
"""The rule of the pack of the same name."""
_DEVICE: Final = "self-test"


@dataclass(frozen=True, slots=True)
class Target:
    """A reserved point, and how its reading gets to the broker."""

    point: str
    enterprise: str
    topic: str
    key: str
    source: SourceSettings
    """How to connect; its name is the broker's."""


def find_target(settings: Settings, configured: Configured) -> Target:
    """The target that the settings name. ValueError says what stands in the way."""
    given = settings.selftest
    if given is None:
        raise ValueError("there is no [selftest] section in the settings")
    point = configured.site.points.get(given.point)
    if point is None:
        raise ValueError(f"{given.point} is no point of the site")
    rule = next((rule for rule in configured.rules if rule.id == RULE and rule.enabled), None)
    if rule is None:
        raise ValueError(f"the site has no rule {RULE}, allowed is the pack {RULE} in site.yaml")
    if point.point not in {covered.point for covered in SubjectIndex(configured.site).of(rule)}:
        raise ValueError(f"the rule {RULE} does not apply to {point.point}: it is of kind {point.kind}")
    topic = point.topic or f"tocsin/v1/{point.enterprise}/{_DEVICE}/up"
    brokers = {broker.label: broker for broker in settings.brokers()}
    name = given.broker or next(iter(brokers), "")
    if name not in brokers:
        raise ValueError(f"there is no broker {name!r}, allowed are {', '.join(brokers) or 'none'}")
    if not any(is_covered(topic, filter_) for filter_ in brokers[name].subscribe):
        raise ValueError(f"nothing that broker {name} subscribes to covers {topic}")
    match = match_topic(settings.routes(), topic)
    if match is not None and match.route.form != "native":
        raise ValueError(f"{topic} speaks the form {match.route.form}, a self-test is written in the native one")
    try:
        source = brokers[name].model_copy(update=_as_whom(settings)).source()
    except InputError as error:
        raise ValueError("; ".join(str(mistake) for mistake in error.mistakes)) from None
    return Target(point.point, point.enterprise, topic, point.key or point.point, source)


def _as_whom(settings: Settings) -> dict[str, object]:
    given = settings.selftest
    if given is None or given.username is None:
        return {}
    return {"username": given.username, "password_file": given.password_file}
