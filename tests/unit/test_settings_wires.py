"""`[[wire]]`: what is wrong with it, what brokers are subscribed to for it, topic filters."""

import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.topic_filter import TopicFilter, is_covered
from plant.mistakes import InputError
from plant.site_reader import read_site
from tocsin.settings import Settings, read_settings

HOW_TO = sorted((Path(__file__).parents[2] / "docs" / "how-to").glob("connect-*.md"))
HEAD = 'site = "s"\n[[mqtt]]\nurl = "mqtt://a"\nname = "north"\n'


SITE = {
    "site.yaml": "name: A\ntimezone: Asia/Shanghai\n",
    "enterprises.csv": "enterprise,name,region\nE001,,\n",
    "units.csv": "unit,enterprise,name\nE001-U1,E001,Hall\n",
}


def write_site(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def read(folder: Path, text: str, **environment: str) -> Settings:
    path = folder / "tocsin.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path, environment)


@pytest.mark.parametrize(
    ("wire", "line", "said"),
    [
        ('topics = ["a/{what}"]\nform = "plain"', 6, "{what} is no name of a level, allowed are {enterprise}"),
        ('topics = ["a/{key}/{key}"]\nform = "plain"', 6, "{key} stands twice in a/{key}/{key}"),
        ('topics = ["a/#/b"]\nform = "plain"', 6, "# may only be the last level"),
        ('topics = ["a/b+"]\nform = "plain"', 6, "the level 'b+' mixes text with +, # or a name"),
        ('topics = ["$share/g/a"]\nform = "plain"', 6, "is no topic filter"),
        ('topics = []\nform = "plain"', 6, "at least 1 item"),
        ('topics = ["a"]\nform = "morse"', 7, "wire.0.form: is unknown, allowed are native, "),
        ('topics = ["a"]', 5, "wire.0.form: is missing"),
        ('topics = ["a"]\nform = "plain"\nmapping = "x"', 8, "wire.0.mapping: unknown key"),
        ('topics = ["a"]\nform = "mapping"', 5, "wire.0.mapping: is missing"),
        ('topics = ["a"]\nform = "plain"\nbroker = "south"', 1, "wire: no broker 'south', allowed are north"),
        ('topics = ["{enterprise}"]\nform = "plain"\nenterprise = "E"', 5, "one of enterprise, enterprise_level"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, wire: str, line: int, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, f"{HEAD}[[wire]]\n{wire}\n")
    (mistake,) = caught.value.mistakes
    assert said in str(mistake)
    assert mistake.line == line


def test_brokers_are_subscribed_to_topics_that_their_filters_do_not_cover(tmp_path: Path) -> None:
    text = f"""{HEAD}subscribe = ["tocsin/v1/+/+/up", "$share/g/gw/#"]
[[mqtt]]
url = "mqtt://b"
name = "south"
[[wire]]
topics = ["gw/{{device}}/up", "plc/{{enterprise}}/#"]
form = "plain"
[[wire]]
topics = ["plc/+/x", "only/south"]
form = "thingsboard"
broker = "south"
[[wire]]
topics = ["tocsin/v1/E1/+/up"]
form = "thingsboard"
"""
    settings = read(tmp_path, text)
    north, south = settings.brokers()
    assert north.subscribe == ("tocsin/v1/+/+/up", "$share/g/gw/#", "plc/+/#")
    assert south.subscribe == ("tocsin/v1/+/+/up", "gw/+/up", "plc/+/#", "only/south")
    assert [route.form for route in settings.routes()] == ["plain", "thingsboard", "thingsboard"]


@pytest.mark.parametrize("page", HOW_TO, ids=lambda page: page.stem)
def test_the_examples_on_the_how_to_pages_are_read(tmp_path: Path, page: Path) -> None:
    text = textwrap.dedent(page.read_text(encoding="utf-8").replace("\n   ", "\n"))
    for example in (block.split("```")[0] for block in text.split("```toml\n")[1:]):
        head = HEAD if "[mqtt]" not in example and "[[mqtt]]" not in example else 'site = "s"\n'
        settings = read(tmp_path, head + example)
        assert len(settings.routes()) == example.count("[[wire]]")
    for example in (block.split("```")[0] for block in text.split("```\npoint,")[1:]):
        site = write_site(tmp_path / "site", {"points.csv": f"point,{example}", **SITE})
        assert read_site(site)[0].points


def test_a_variable_adds_a_wire(tmp_path: Path) -> None:
    settings = read(tmp_path, HEAD, TOCSIN_WIRE__0__TOPICS="a/+,b", TOCSIN_WIRE__0__FORM="plain")
    assert settings.wire[0].topics == ("a/+", "b")
    assert read(tmp_path, f'{HEAD}[wire]\ntopics = ["a"]\nform = "alink"\n').wire[0].form == "alink"


def test_a_mapping_is_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("values: [{members: d}]\n", encoding="utf-8")
    settings = read(tmp_path, f'{HEAD}[[wire]]\ntopics = ["a"]\nform = "mapping"\nmapping = "m.yaml"\n')
    make = settings.routes()[0].make_codec
    assert make is not None
    assert make().name == "mapping"


@pytest.mark.parametrize(
    ("filter_", "topic", "captured"),
    [
        ("a/b", "a/b", {}),
        ("a/+", "a/b", {}),
        ("a/{device}/{key}", "a/b/c", {"device": "b", "key": "c"}),
        ("a/#", "a", {}),
        ("a/#", "a/b/c", {}),
        ("{enterprise}/#", "E1", {"enterprise": "E1"}),
        ("/sys/+/x", "/sys/1/x", {}),
        ("#", "a/b", {}),
        ("#", "$SYS/a", None),
        ("+/a", "$oc/a", None),
        ("$oc/#", "$oc/a", {}),
        ("a/+", "a", None),
        ("a/+", "a/b/c", None),
        ("a/b", "a/c", None),
        ("a/b/#", "a", None),
    ],
)
def test_filters_match_as_mqtt_says(filter_: str, topic: str, captured: dict[str, str] | None) -> None:
    assert TopicFilter(filter_).match(topic) == captured


levels = st.lists(st.sampled_from(["a", "b", "$x", ""]), min_size=1, max_size=4)
filters = st.builds(
    lambda some, last: "/".join([*some, *last]),
    st.lists(st.sampled_from(["a", "b", "$x", "+"]), min_size=1, max_size=3),
    st.sampled_from([[], ["#"]]),
)


@given(one=filters, other=filters, topic=levels)
@settings(max_examples=300, deadline=None)
def test_what_is_covered_matches_no_topic_that_the_other_does_not(one: str, other: str, topic: list[str]) -> None:
    matched = TopicFilter(one).match("/".join(topic)) is not None
    if matched and is_covered(one, other):
        assert TopicFilter(other).match("/".join(topic)) is not None
    assert is_covered(one, one)
