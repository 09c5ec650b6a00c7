"""Which topics each enterprise may write to, from the site and the wire routes. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.lookup import EXERCISE_PREFIX, enterprise_of
from ingest.routes import Route, match_topic
from ingest.topic_filter import is_covered
from plant.site import Site

NATIVE_TOPICS: Final = "tocsin/v1/{}/+/up"
_NOT_IN_TOPICS: Final = re.compile(r"[+#\x00-\x1f\x7f-\x9f]")
"""In the name of a device or topic these would give rights to others' topics, or write lines of their own."""


@dataclass(slots=True)
class Access:
    """One user's rights: MQTT topic filters."""

    write: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def may_write(self, topics: str) -> None:
        """Add a filter, unless one that is there has all of it."""
        if not any(is_covered(topics, known) for known in self.write):
            self.write.append(topics)

    def may_read(self, topics: str) -> None:
        if not any(is_covered(topics, known) for known in self.read):
            self.read.append(topics)


@dataclass(frozen=True, slots=True)
class Rights:
    """By enterprise; `untold` are filters of routes that say of no topic whose it is, and of no device either.

    `shared` are topics on which several enterprises have points: who may write there could forge the others' readings.
    """

    enterprises: dict[str, Access]
    untold: list[str]
    shared: list[str] = field(default_factory=list)


def rights_of(site: Site, routes: Sequence[Route]) -> Rights:
    """What each enterprise of the site may write and read. A topic is never two enterprises'.

    The native topics of its own; the topics that points.csv gives its points; of each route the topics that carry its
    id; and where a route does not tell, those of the devices that points.csv gives it.
    """
    rights = {enterprise: Access([NATIVE_TOPICS.format(enterprise)]) for enterprise in site.enterprises}
    owners: dict[str, set[str]] = {}
    for point in site.points.values():
        if point.topic is not None and _is_one_topic(point.topic):
            match = match_topic(routes, point.topic)
            said = (enterprise_of(point.topic) or "") if match is None else match.enterprise
            if said in ("", point.enterprise):
                owners.setdefault(point.topic, set()).add(point.enterprise)
    shared = _grant_each(owners, "", rights)
    devices = _devices(site)
    untold: list[str] = []
    for route in routes:
        if not _by_enterprise(route, rights):
            told = [_by_device(route, devices, rights, filter_.text, shared) for filter_ in route.topics]
            untold += [f.mqtt for f, known in zip(route.topics, told, strict=True) if not known]
    return Rights(rights, untold, shared)


def answer_topics(form: str, answer_topic: str | None) -> list[str]:
    """What the service itself publishes to devices of a form: Sparkplug's commands, or answers to a topic of theirs."""
    if form == "sparkplug":
        return ["spBv1.0/+/NCMD/+", "spBv1.0/STATE/+"]
    if answer_topic is None:
        return []
    return ["/".join("+" if "{" in level else level for level in answer_topic.split("/"))]


def _is_one_topic(text: str) -> bool:
    """No filter, nothing that would end a line of a file, and no exercise's."""
    return not (_NOT_IN_TOPICS.search(text) or text.startswith(EXERCISE_PREFIX))


def _grant_each(owners: dict[str, set[str]], form: str, rights: dict[str, Access]) -> list[str]:
    """Give each filter to its one enterprise; returns those of several, which nobody gets."""
    for topics, enterprises in owners.items():
        if len(enterprises) == 1:
            _grant(rights[next(iter(enterprises))], form, topics)
    return sorted(topics for topics, enterprises in owners.items() if len(enterprises) > 1)


def _devices(site: Site) -> dict[str, str]:
    """Device -> enterprise; a name that two enterprises use is nobody's."""
    owners: dict[str, str | None] = {}
    for point in site.points.values():
        if point.device is not None and not _NOT_IN_TOPICS.search(point.device):
            known = owners.setdefault(point.device, point.enterprise)
            if known != point.enterprise:
                owners[point.device] = None
    return {device: owner for device, owner in owners.items() if owner is not None}


def _by_enterprise(route: Route, rights: dict[str, Access]) -> bool:
    """Give each enterprise the route's topics that carry its id; False where the route does not tell."""
    named = any("{enterprise}" in filter_.text for filter_ in route.topics)
    if not (named or route.enterprise or route.enterprise_level is not None):
        return False
    for enterprise, access in rights.items():
        for filter_ in route.topics:
            levels = [_plain(level, enterprise) for level in filter_.text.split("/")]
            if route.enterprise_level is not None:
                _set_level(levels, route.enterprise_level - 1, enterprise)
            elif route.enterprise and route.enterprise != enterprise:
                continue
            _grant(access, route.form, "/".join(levels))
    return True


def _plain(level: str, enterprise: str) -> str:
    if level == "{enterprise}":
        return enterprise
    return "+" if level.startswith("{") else level


def _set_level(levels: list[str], place: int, enterprise: str) -> None:
    """Put the id at its level, also where that level lies within a closing #."""
    if levels[-1] == "#" and place >= len(levels) - 1:
        levels[-1:] = ["+"] * (place - len(levels) + 1) + [enterprise, "#"]
    elif place < len(levels):
        levels[place] = enterprise


def _by_device(
    route: Route, devices: dict[str, str], rights: dict[str, Access], filter_: str, shared: list[str]
) -> bool:
    """Give each enterprise the topics of its devices; False where the form's topics do not tell a device."""
    topics_of = _in_filter(filter_) if "{device}" in filter_ else _DEVICE_TOPICS.get(route.form)
    if topics_of is None:
        return False
    all_of_them = "/".join("+" if level.startswith("{") else level for level in filter_.split("/"))
    owners: dict[str, set[str]] = {}
    for device, enterprise in devices.items():
        topics = topics_of(device)
        if topics is not None and is_covered(topics, all_of_them):
            owners.setdefault(topics, set()).add(enterprise)
    shared += _grant_each(owners, route.form, rights)
    return True


def _grant(access: Access, form: str, topics: str) -> None:
    access.may_write(topics)
    levels = topics.split("/")
    if form == "sparkplug" and levels[0] == "spBv1.0" and len(levels) >= 4:
        # What edge nodes listen to: commands to them, and whether the host lives.
        group, node = levels[1], levels[3]
        access.may_read(f"spBv1.0/{group}/NCMD/{node}")
        access.may_read(f"spBv1.0/{group}/DCMD/{node}/+")
        access.may_read("spBv1.0/STATE/+")


def _in_filter(filter_: str) -> Callable[[str], str | None]:
    """`{device}` is one level, so a device of several is none of this filter's."""
    return lambda device: None if "/" in device else filter_.replace("{device}", device).replace("{key}", "+")


def _sparkplug(device: str) -> str | None:
    """All of the edge node's, for it is the node that has the connection."""
    levels = device.split("/")
    return f"spBv1.0/{levels[0]}/+/{levels[1]}/#" if len(levels) in (2, 3) and "" not in levels else None


def _alink(device: str) -> str | None:
    return f"/sys/{device}/thing/event/property/post" if device.count("/") == 1 else None


def _iotda(device: str) -> str | None:
    return f"$oc/devices/{device}/sys/properties/report" if "/" not in device else None


_DEVICE_TOPICS: Final[dict[str, Callable[[str], str | None]]] = {
    "sparkplug": _sparkplug,
    "alink": _alink,
    "iotda": _iotda,
}
"""Forms whose topics are made of the device's name."""
