"""Who may publish what: no name in the site gives rights to topics of others, or writes lines of its own."""

from dataclasses import replace
from typing import Any

import pytest
from support.ingest_site import make_point, make_site

from ingest.routes import Route
from ingest.topic_filter import TopicFilter
from plant.site import Point
from tocsin.security.access import Access, Rights, rights_of
from tocsin.security.mosquitto import access_list

FORGED = "x\nuser tocsin\ntopic write #"


def point(name: str, enterprise: str, **cells: Any) -> Point:
    return replace(make_point(name, enterprise), **cells)


def written(*points: Point, routes: tuple[Route, ...] = ()) -> tuple[dict[str, set[str]], Rights]:
    """What each enterprise may write beside what the small site gives it."""
    before = rights_of(make_site(), routes).enterprises
    rights = rights_of(make_site(*points), routes)
    return {name: set(a.write) - set(before[name].write) for name, a in rights.enterprises.items()}, rights


def route(form: str, *topics: str) -> Route:
    return Route(form, tuple(map(TopicFilter, topics)))


@pytest.mark.parametrize("device", ["+", "#", "a+", FORGED, "a\rb", "\x85"])
@pytest.mark.parametrize(
    ("form", "topics"),
    [("plain", "plant/{device}/up"), ("sparkplug", "spBv1.0/#"), ("alink", "/sys/#"), ("iotda", "$oc/#")],
)
def test_a_device_that_is_a_filter_or_a_line_gets_nothing(device: str, form: str, topics: str) -> None:
    for name in (device, f"{device}/{device}"):
        given, rights = written(point("Q", "E1", device=name), routes=(route(form, topics),))
        assert given == {"E1": set(), "E2": set()}
        assert "user tocsin\ntopic write #" not in access_list(rights, [], [])


@pytest.mark.parametrize("topic", [FORGED, "a/+", "#", "tocsin/exercise/v1/E1/D/up"])
def test_a_topic_that_is_a_filter_a_line_or_an_exercise_gets_nothing(topic: str) -> None:
    assert written(point("Q", "E1", topic=topic, key="q"))[0] == {"E1": set(), "E2": set()}


def test_a_device_of_several_levels_is_not_the_device_of_its_first_level() -> None:
    given, _ = written(
        point("Q", "E1", device="a/b"), point("R", "E2", device="a"), routes=(route("plain", "plant/{device}/#"),)
    )
    assert given == {"E1": set(), "E2": {"plant/a/#"}}


def test_a_topic_on_which_two_enterprises_have_points_is_nobodys() -> None:
    given, rights = written(point("Q", "E1", topic="hall", key="a"), point("R", "E2", topic="hall", key="b"))
    assert given == {"E1": set(), "E2": set()}
    assert rights.shared == ["hall"]


def test_an_edge_node_that_two_enterprises_share_is_nobodys() -> None:
    given, rights = written(
        point("Q", "E1", device="G/N/D1"),
        point("R", "E2", device="G/N/D2"),
        point("S", "E2", device="G/M/D2"),
        point("T", "E1", device="G"),
        routes=(route("sparkplug", "spBv1.0/#"),),
    )
    assert given == {"E1": set(), "E2": {"spBv1.0/G/+/M/#"}}
    assert rights.shared == ["spBv1.0/G/+/N/#"]


def test_the_access_list_refuses_what_would_not_stay_on_its_line() -> None:
    with pytest.raises(ValueError, match="control character"):
        access_list(Rights({"E1": Access([FORGED])}, []), [], [])
    with pytest.raises(ValueError, match="control character"):
        TopicFilter("a/x\nuser tocsin/b")
