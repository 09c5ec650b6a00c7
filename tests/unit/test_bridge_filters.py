"""Which topics a lease listens to."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ingest.topic_filter import TopicFilter
from tocsin.bridge.filters import divide_filters
from tocsin.kafka.division import partition_of
from tocsin.settings import MqttSettings
from tocsin.settings.wires import Wire

N = 3
ENTERPRISES = ("E1", "E2", "E3", "E4", "E5")
WIRE: TypeAdapter[Wire] = TypeAdapter(Wire)


def divided(subscribe: list[str], *wires: dict[str, Any]) -> dict[int, set[str]]:
    """Filters by unit; unit 3 is the rest."""
    broker = MqttSettings(url="mqtt://127.0.0.1", name="main", subscribe=tuple(subscribe))
    made = [WIRE.validate_python({"form": "alink", **wire}) for wire in wires]
    found = divide_filters(broker, made, ENTERPRISES, lambda name: partition_of(name, N), N)
    assert all(len(filters) == len(set(filters)) > 0 for filters in found.values())
    return {unit: set(filters) for unit, filters in found.items()}


def of_each(pattern: str) -> dict[int, set[str]]:
    """A filter for each enterprise, in its unit."""
    found: dict[int, set[str]] = {}
    for name in ENTERPRISES:
        found.setdefault(partition_of(name, N), set()).add(pattern.format(name))
    return found


@pytest.mark.parametrize(
    ("subscribe", "pattern"),
    [
        ("tocsin/v1/+/+/up", "tocsin/v1/{}/+/up"),
        ("tocsin/v1/+/D1/up", "tocsin/v1/{}/D1/up"),
        ("tocsin/v1/+/#", "tocsin/v1/{}/#"),
        ("tocsin/v1/#", "tocsin/v1/{}/#"),
    ],
)
def test_the_native_form_is_divided_at_its_third_level(subscribe: str, pattern: str) -> None:
    assert divided([subscribe]) == of_each(pattern)


def test_a_filter_of_one_enterprise_is_its_shards() -> None:
    assert divided(["tocsin/v1/E4/+/up"]) == {partition_of("E4", N): {"tocsin/v1/E4/+/up"}}
    wire = {"topics": ["works/four/+/up"], "enterprise": "E4"}
    assert divided(["tocsin/v1/E4/+/up"], wire)[partition_of("E4", N)] == {"tocsin/v1/E4/+/up", "works/four/+/up"}


@pytest.mark.parametrize("subscribe", ["#", "+/v1/+/+/up", "tocsin/#", "plant/+/up", "$share/g/tocsin/v1/+/+/up"])
def test_what_names_no_enterprise_is_the_rests(subscribe: str) -> None:
    assert divided([subscribe]) == {N: {subscribe}}


def test_a_wire_says_where_its_enterprise_stands() -> None:
    named = {"topics": ["plant/{enterprise}/+/{device}/up"]}
    assert divided(["tocsin/v1/E1/+/up"], named)[partition_of("E2", N)] >= {"plant/E2/+/+/up"}
    counted = {"topics": ["a/+/+/up", "b/E3/x", "c/#"], "enterprise_level": 2}
    found = divided(["none"], counted)
    assert "a/E1/+/up" in found[partition_of("E1", N)]
    assert "b/E3/x" in found[partition_of("E3", N)]
    assert "c/E5/#" in found[partition_of("E5", N)]
    assert found[N] == {"none"}
    deep = {"topics": ["c/#"], "enterprise_level": 4}
    assert "c/+/+/E5/#" in divided(["none"], deep)[partition_of("E5", N)]
    assert divided(["none"], {"topics": ["a/+/{device}"]})[N] == {"none", "a/+/+"}
    assert divided(["none"], {"topics": ["a/{enterprise}"], "broker": "another"}) == {N: {"none"}}
    assert divided(["none"], {"topics": ["a/{enterprise}"], "broker": "main"})[partition_of("E1", N)] >= {"a/E1"}


def test_a_filter_among_subscribe_that_is_a_wires_is_divided_as_the_wire_says() -> None:
    assert divided(["plant/+/up"], {"topics": ["plant/{enterprise}/up"]}) == of_each("plant/{}/up")


def test_what_the_rest_hears_nobody_else_hears() -> None:
    assert divided(["plant/#", "tocsin/v1/+/+/up"], {"topics": ["plant/{enterprise}/up"]}) == {
        N: {"plant/#"},
        **of_each("tocsin/v1/{}/+/up"),
    }
    assert divided(["#", "tocsin/v1/+/+/up", "tocsin/v1/E1/+/up"]) == {N: {"#"}}


_LEVEL = st.sampled_from(["a", "b", "E1", "E2", "{enterprise}", "+", "{device}"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(_LEVEL, min_size=1, max_size=5),
    st.booleans(),
    st.lists(st.sampled_from(["a", "E1", "E2"]), min_size=1, max_size=6),
)
def test_a_topic_of_an_enterprise_is_heard_once_and_by_its_own_unit(
    levels: list[str], is_open: bool, topic_levels: list[str]
) -> None:
    once = [level for at, level in enumerate(levels) if level[0] != "{" or level not in levels[:at]]
    text, topic = "/".join(once + ["#"] * is_open), "/".join(topic_levels)
    matched = TopicFilter(text).match(topic)
    found = divided(["none"], {"topics": [text]})
    found[N].discard("none")
    heard = [unit for unit, filters in found.items() if any(TopicFilter(f).match(topic) is not None for f in filters)]
    if matched is None or matched.get("enterprise", "E1") not in ENTERPRISES:
        assert heard == []
    elif "enterprise" in matched:
        assert heard == [partition_of(matched["enterprise"], N)]
    else:
        assert heard == [N]
