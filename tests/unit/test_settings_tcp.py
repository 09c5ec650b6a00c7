"""`[[tcp]]` of tocsin.toml."""

from pathlib import Path

import pytest

from plant.mistakes import InputError
from tocsin.settings import Settings, read_settings

LISTENER = '[[tcp]]\nlisten = "127.0.0.1:9212"\nform = "hj212"\n'


def read(folder: Path, text: str) -> Settings:
    path = folder / "tocsin.toml"
    path.write_text(f'site = "site"\n{text}', encoding="utf-8")
    return read_settings(path, {})


def test_a_listener_alone_is_enough_and_its_topics_are_its_own(tmp_path: Path) -> None:
    settings = read(tmp_path, LISTENER + 'enterprise = "E1"\n')
    assert [source.label for source in settings.sources()] == ["127.0.0.1:9212"]
    (route,) = settings.tcp_routes()
    assert (route.form, route.enterprise) == ("hj212", "E1")
    assert route.topics[0].match("tcp/127.0.0.1:9212/MN1") == {"device": "MN1"}
    assert settings.routes() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LISTENER.replace("hj212", "native"), "tocsin.toml:4: tcp.0.form: Input should be 'hj212' or 'gb26875'"),
        (LISTENER.replace(":9212", ""), "tocsin.toml:3: tcp.0.listen: '127.0.0.1' is no host:port"),
        (LISTENER + 'timezone = "Mars/Olympus"\n', "tocsin.toml:5: tcp.0.timezone: is no time zone, allowed are"),
        (LISTENER * 2, "tcp: 127.0.0.1:9212 stands twice"),
        ('[[mqtt]]\nurl = "mqtt://a"\nname = "n"\n' + LISTENER + 'name = "n"\n', "tcp: n stands twice"),
        (LISTENER + "idle = 5\n", "tocsin.toml:5: tcp.0.idle: unknown key"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert any(said in str(mistake) for mistake in caught.value.mistakes), caught.value.mistakes
