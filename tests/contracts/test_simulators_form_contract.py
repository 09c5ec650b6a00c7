"""Every wire form: what a simulated device says, the codec of that form understands; and its site is one."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command import tocsin
from support.form_fleets import small_site
from support.wire_examples import rows_of

from ingest.codecs.port import Codec
from plant.mistakes import InputError
from plant.site import Site
from plant.site_reader import read_site
from simulators.fleets.layout import layout_of
from simulators.fleets.outages import Span, common, merged
from simulators.fleets.site import addressed
from simulators.wire.forms import FORMS, form_of
from simulators.wire.port import Told
from tocsin.settings import read_settings

AT_MS = 1_732_190_000_000
CODED = [form for form in FORMS if form != "native"]
NO_TIME = {"plain"}
NO_MISSING = {"gb26875"}


def codec_of(form: str, folder: Path) -> Codec:
    """As the settings that come with the form make it."""
    site = form_of(form)
    for name, text in site.files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "tocsin.toml").write_text(
        f'site = "site"\n[mqtt]\nurl = "mqtt://127.0.0.1"\n{site.settings()}', encoding="utf-8"
    )
    (wire,) = read_settings(folder / "tocsin.toml", {}).wire
    return wire.codec()


@pytest.mark.parametrize("name", CODED)
@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(
        st.tuples(st.sampled_from(["gas1", "gas2", "gas3", "level"]), st.none() | st.integers(0, 100)), max_size=8
    )
)
def test_what_a_device_says_is_understood(
    name: str, values: list[tuple[str, int | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    form = form_of(name)
    site = addressed(small_site("E"), form)
    codec = codec_of(name, tmp_path_factory.mktemp("form"))
    layout = layout_of(site, form, None, 50, None)
    places = dict(zip(site.points, layout.place, strict=True))
    heard: list[tuple[str, str, float | None]] = []
    for group in layout.groups:
        for message in group.speaker.births(AT_MS):
            codec.parse(*message, AT_MS)
    expected: list[tuple[str, str, float | None]] = []
    for i, (short, value) in enumerate(values):
        point = site.points[f"E-{short}"]
        at_ms = AT_MS + 1000 * (i + 1)
        shown = None if value is None else value / 10.0
        if shown is not None or name not in NO_MISSING:
            expected.append((point.point, str(at_ms) if name not in NO_TIME else "", shown))
        speaker = layout.groups[places[point.point][0]].speaker
        for message in speaker.say([Told(at_ms, {point.point: shown})]):
            parsed = codec.parse(*message, at_ms)
            assert not parsed.faults
            assert not parsed.answers or name in ("hj212", "gb26875")
            for row in rows_of(parsed):
                known = _point_of(site, name, row.device, row.key, message.topic)
                time = str(row.measured_at_ms) if name not in NO_TIME else ""
                if time not in ("", str(at_ms)):
                    continue  # a birth repeats what was measured earlier
                heard.append((known, time, row.value if row.value is None else round(row.value, 9)))
    assert heard == expected


def _point_of(site: Site, name: str, device: str, key: str, topic: str) -> str:
    for point in site.points.values():
        if name == "plain" and topic.endswith(f"/{point.device}/{point.key}"):
            return str(point.point)
        if (device or topic) and point.key == key and (point.device == device or f"/{point.device}/" in topic):
            return str(point.point)
    raise AssertionError((device, key, topic))


def test_native_is_a_message_for_each_device() -> None:
    form = form_of("native")
    layout = layout_of(small_site("E"), form, None, 50, None)
    (message,) = layout.groups[0].speaker.say([Told(AT_MS, {"E-gas1": 12.5, "E-gas2": None})])
    assert message.topic == "tocsin/v1/E/D1/up"
    assert message.payload == b'{"ts":1732190000000,"values":{"gas1":12.5,"gas2":null}}'


@pytest.mark.parametrize("name", FORMS)
def test_init_and_site_out_make_a_site_and_settings_that_read_it(name: str, tmp_path: Path) -> None:
    for folder, command in (
        (tmp_path / "init", ("init", tmp_path / "init", "--form", name)),
        (tmp_path / "out", ("simulate", "sensor-faults", "--form", name, "--site-out", tmp_path / "out")),
        (
            tmp_path / "copy",
            ("simulate", "quiet-day", "--form", name, "--site", tmp_path / "init", "--site-out", tmp_path / "copy"),
        ),
    ):
        if name == "native" and folder.name == "copy":
            continue
        ran = tocsin(*command)
        assert (ran.code, [line for line in ran.mistakes if "site is in" not in line]) == (0, [])
        site, warnings = read_site(folder)
        assert warnings == []
        layout_of(site, form_of(name), None, 50, None)
        if name != "native":
            read = read_settings(folder / "tocsin.toml", {})
            assert [wire.form for wire in read.wire] == [name]
            assert [wire.route().form for wire in read.wire] == [name]
    assert (tmp_path / "init" / "rules" / "site.yaml").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sparkplug", "device 'D1' is no <group>/<node>"),
        ("alink", "device 'D1' is no <productKey>/<deviceName>"),
        ("iotda", "key 'gas1' is no <service_id>.<property>"),
        ("hj212", "key 'gas1' is no field such as a01001-Rtd"),
        ("gb26875", "device 'D1' is no source address"),
    ],
)
def test_points_that_a_form_cannot_tell_are_named(name: str, said: str) -> None:
    with pytest.raises(InputError, match="E-gas1") as wrong:
        layout_of(small_site("E"), form_of(name), None, 50, None)
    assert said in str(wrong.value.mistakes[0])


def test_connections_that_a_form_cannot_have_are_an_error() -> None:
    sparkplug = form_of("sparkplug")
    site = addressed(small_site("E"), sparkplug)
    with pytest.raises(ValueError, match="needs a connection of its own"):
        layout_of(site, sparkplug, "one", 50, None)
    with pytest.raises(ValueError, match="speak through their gateway"):
        layout_of(site, sparkplug, "device", 50, None)


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)).map(lambda s: (s[0], s[0] + s[1])), max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(spans, min_size=1, max_size=4))
def test_a_connection_is_out_while_all_its_points_are(outages: list[list[Span]]) -> None:
    by_point = {str(i): own for i, own in enumerate(outages)}
    shared = common(by_point, by_point)
    assert shared == merged(shared)
    for t in range(62):
        everywhere = all(any(a <= t < b for a, b in own) for own in outages)
        assert everywhere == any(a <= t < b for a, b in shared)
