"""`tocsin bridge` called with settings by which it can't begin."""

from pathlib import Path

import pytest
from support.command import tocsin

KAFKA = '[kafka]\nbootstrap = "127.0.0.1:1"\n'
MQTT = '[mqtt]\nurl = "mqtt://127.0.0.1:1"\n'


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (MQTT, "tocsin.toml:1: kafka: is missing: a [kafka] section names the brokers of Kafka"),
        (KAFKA, "tocsin.toml:1: mqtt: is missing"),
        (KAFKA + MQTT + 'password_file = "nowhere"\n', "nowhere:1: the password can't be read"),
        (KAFKA + MQTT + '[[wire]]\nform = "mapping"\ntopics = ["a/+"]\nmapping = "nowhere.yaml"\n', "nowhere.yaml"),
        (KAFKA + "linger_ms = 1\n" + MQTT, "tocsin.toml:4: kafka.linger_ms"),
    ],
)
def test_what_is_wrong_with_the_settings_is_said_before_anything_starts(
    tmp_path: Path, settings: str, says: str
) -> None:
    (tmp_path / "tocsin.toml").write_text('site = "site"\n' + settings)
    done = tocsin("bridge", "--config", str(tmp_path / "tocsin.toml"))
    assert done.code == 2
    assert says in done.err
    assert len(done.mistakes) == 1
    assert not (tmp_path / "data").exists()
