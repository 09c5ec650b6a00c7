"""tocsin.toml and TOCSIN_... variables."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from plant.mistakes import InputError
from tocsin.settings import Settings, read_settings
from tocsin.settings.channels import AnyChannel
from tocsin.settings.wires import Wire

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"

WHOLE = """\
site = "site"

[[mqtt]]
url = "mqtts://a.example:8884"
ca_file = "certs/ca.pem"
[[mqtt]]
url = "mqtt://li@b.example"
name = "south"
adapter = "paho"
protocol = "3.1.1"
password_file = "secrets/mqtt"

[influx]
url = "http://127.0.0.1:8086/"
org = "o"
bucket = "b"
token_file = "/secrets/influx"

[[webhook]]
url = "https://example.org/alarms"
secret_file = "secrets/webhook"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "tocsin.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str, **environment: str) -> Settings:
    return read_settings(written(folder, text), environment)


def mistakes(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_settings(written(folder, text), environment or {})
    return [str(m).removeprefix(f"{folder}/") for m in caught.value.mistakes]


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    settings = read(tmp_path, 'site = "site"\n[mqtt]\nurl = "mqtt://127.0.0.1"\n')
    assert settings.site == tmp_path / "site"
    assert settings.data == tmp_path / "data"
    assert [m.label for m in settings.mqtt] == ["127.0.0.1:1883"]
    assert settings.http.listen == "127.0.0.1:9108"
    assert settings.influx is None
    assert settings.webhook == ()


def test_several_brokers_and_relative_paths(tmp_path: Path) -> None:
    settings = read(tmp_path, WHOLE)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mqtt").write_text("kept close\n")
    first, second = (broker.source() for broker in settings.mqtt)
    assert (first.name, first.port, first.tls, first.protocol) == ("a.example:8884", 8884, True, 5)
    assert first.ca_file == str(tmp_path / "certs" / "ca.pem")
    assert (second.name, second.port, second.tls, second.protocol) == ("south", 1883, False, 4)
    assert (second.username, second.password) == ("li", "kept close")
    assert settings.webhook[0].secret_file == tmp_path / "secrets" / "webhook"
    assert settings.influx is not None
    assert settings.influx.token_file == Path("/secrets/influx"), "an absolute path stays"
    assert settings.influx.url == "http://127.0.0.1:8086"


def test_variables_win_over_the_file(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        'site = "site"\n[mqtt]\nurl = "mqtt://127.0.0.1"\n',
        TOCSIN_DATA="elsewhere",
        TOCSIN_MQTT__URL="mqtt://b.example",
        TOCSIN_MQTT__SUBSCRIBE="a/+,b/#",
        TOCSIN_MQTT__KEEPALIVE_S="5",
        TOCSIN_JOURNAL__RETENTION_DAYS="0.5",
        TOCSIN_WEBHOOK__URL="http://127.0.0.1:1/",
        TOCSIN_WEBHOOK__SECRET_FILE="w",
        TOCSIN_WEBHOOK__ALLOW_PRIVATE="true",
        TOCSIN_WEBHOOK__HEADERS="x-key=a=b, x-other=c",
        PATH="not ours",
    )
    (broker,), (webhook,) = settings.mqtt, settings.webhook
    assert (broker.url, broker.subscribe, broker.keepalive_s) == ("mqtt://b.example", ("a/+", "b/#"), 5)
    assert settings.data == tmp_path / "elsewhere"
    assert settings.journal.retention_days == 0.5
    assert webhook.allow_private
    assert webhook.headers == {"x-key": "a=b", "x-other": "c"}


def test_numbered_variables_reach_one_of_several_and_add_one(tmp_path: Path) -> None:
    settings = read(tmp_path, WHOLE, TOCSIN_MQTT__1__NAME="east", TOCSIN_MQTT__2__URL="mqtt://c.example")
    assert [m.label for m in settings.mqtt] == ["a.example:8884", "east", "c.example:1883"]


def test_variables_alone_are_settings_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings(None, {"TOCSIN_SITE": "site", "TOCSIN_MQTT__URL": "mqtt://127.0.0.1"})
    assert settings.site == tmp_path / "site"
    assert len(settings.mqtt) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["tocsin.toml:1: site: is missing"]),
        ('site = "s"\nsight = "s"\n', ["tocsin.toml:2: sight: unknown key"]),
        ('site = "s"\n[http]\n# a comment\nport = 1\n', ["tocsin.toml:4: http.port: unknown key"]),
        (
            'site = "s"\n[http]\nlisten = "9108"\n',
            ["tocsin.toml:3: http.listen: '9108' is no host:port, such as 127.0.0.1:9108"],
        ),
        ('site = "s"\n[mqtt]\nname = "x"\n', ["tocsin.toml:2: mqtt.0.url: is missing"]),
        (
            'site = "s"\n[mqtt]\nurl = "http://a"\n',
            ["tocsin.toml:3: mqtt.0.url: is no broker's address, allowed are mqtt://host:port and mqtts://host:port"],
        ),
        (
            'site = "s"\n[[mqtt]]\nurl = "mqtt://a"\n[[mqtt]]\nurl = "mqtt://b"\nadaptor = "paho"\nkeepalive_s = 0\n',
            [
                "tocsin.toml:6: mqtt.1.adaptor: unknown key",
                "tocsin.toml:7: mqtt.1.keepalive_s: Input should be greater than or equal to 1",
            ],
        ),
        (
            'site = "s"\n[[mqtt]]\nurl = "mqtt://a"\n[[mqtt]]\nurl = "mqtt://a:1883"\n',
            ["tocsin.toml:1: mqtt: a:1883 stands twice, give each a name of its own"],
        ),
        (
            'site = "s"\n[batch]\nmax_age_ms = 5000\n[journal]\nsegment_s = 0\n',
            [
                "tocsin.toml:3: batch.max_age_ms: Input should be less than or equal to 1000",
                "tocsin.toml:5: journal.segment_s: Input should be greater than or equal to 1",
            ],
        ),
        (
            'site = "s"\n[[webhook]]\nurl = "http://10.0.0.1/"\nsecret_file = "w"\n',
            ["tocsin.toml:2: webhook.0: url leads to 10.0.0.1, a private address, allowed with allow_private = true"],
        ),
    ],
)
def test_every_mistake_is_said_with_its_line(tmp_path: Path, text: str, said: list[str]) -> None:
    assert mistakes(tmp_path, text) == said


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (no_toml,) = mistakes(tmp_path, 'site = "s"\nmqtt = [\n')
    assert no_toml.startswith(("tocsin.toml:2: is no TOML", "tocsin.toml:1: is no TOML", "tocsin.toml:3: is no TOML"))
    with pytest.raises(InputError, match=r"nowhere\.toml:1: can't be read: No such file"):
        read_settings(tmp_path / "nowhere.toml", {})
    (tmp_path / "gbk.toml").write_bytes('site = "示例"\n'.encode("gbk"))
    with pytest.raises(InputError, match=r"gbk\.toml:1: is not UTF-8"):
        read_settings(tmp_path / "gbk.toml", {})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TOCSIN_NOPE", "1", "TOCSIN_NOPE:1: nope: unknown key"),
        ("TOCSIN_HTTP__PORT", "1", "TOCSIN_HTTP__PORT:1: http.port: unknown key"),
        ("TOCSIN_HTTP__1__LISTEN", "1", "TOCSIN_HTTP__1__LISTEN:1: unknown key"),
        ("TOCSIN_MQTT__A__URL", "1", "TOCSIN_MQTT__A__URL:1: unknown key"),
        (
            "TOCSIN_MQTT__URL",
            "mqtt://c",
            "TOCSIN_MQTT__URL:1: there are 2 mqtt sections, allowed is TOCSIN_MQTT__0__... and so on",
        ),
        (
            "TOCSIN_MQTT__3__URL",
            "mqtt://c",
            "TOCSIN_MQTT__3__URL:1: there is no mqtt section of that number to add it to",
        ),
        (
            "TOCSIN_MQTT__1__URL",
            "c",
            "TOCSIN_MQTT__1__URL:1: mqtt.1.url: is no broker's address,"
            " allowed are mqtt://host:port and mqtts://host:port",
        ),
        (
            "TOCSIN_WEBHOOK__HEADERS",
            "x-key",
            "TOCSIN_WEBHOOK__HEADERS:1: is no list of headers, allowed is NAME=VALUE,NAME=VALUE",
        ),
    ],
)
def test_a_mistaken_variable_is_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    assert mistakes(tmp_path, WHOLE, {name: value}) == [said]


def test_no_secret_is_in_a_message(tmp_path: Path) -> None:
    text = (
        'site = "s"\n[mqtt]\nurl = "mqtt://li:hunter2@a"\npassword = "hunter2"\n'
        '[[webhook]]\nurl = "http://li:hunter2@a/"\nsecret_file = "w"\nsecret = "hunter2"\n'
        '[influx]\nurl = "http://li:hunter2@a"\norg = "o"\nbucket = "b"\ntoken_file = "t"\ntoken = "hunter2"\n'
    )
    said = mistakes(tmp_path, text)
    assert len(said) >= 5
    assert "hunter2" not in "\n".join(said)
    assert "hunter2" not in "\n".join(mistakes(tmp_path, "", {"TOCSIN_MQTT__PASSWORD": "hunter2"}))


def test_a_password_that_cannot_be_read_names_the_file(tmp_path: Path) -> None:
    settings = read(tmp_path, 'site = "s"\n[mqtt]\nurl = "mqtt://a"\npassword_file = "pw"\n')
    with pytest.raises(InputError, match=r"pw:1: the password can't be read"):
        settings.mqtt[0].source()


def sections(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Key -> the model of its section, of the keys that are sections."""
    found = {}
    for name, field in model.model_fields.items():
        candidates = (field.annotation, *get_args(field.annotation))
        for kind in candidates:
            if isinstance(kind, type) and kind is not NoneType and issubclass(kind, BaseModel):
                found[name] = kind
    return found


def keys_on_the_page(text: str) -> set[str]:
    cells = [row.split("|") for row in text.splitlines() if row.startswith("| `")]
    return {name.strip(" `") for cell in cells for name in cell[1].split(",")}


def defaults_on_the_page(text: str) -> dict[str, str]:
    rows = [row.split("|") for row in text.splitlines() if row.startswith("| `")]
    return {row[1].strip(" `"): row[2].strip(" `") for row in rows if "," not in row[1]}


def test_the_page_names_every_key_and_its_default() -> None:
    whole = PAGE.read_text(encoding="utf-8")
    parts = dict(zip(("", *sections(Settings)), [""] * 99, strict=False))
    for part in whole.split("\n## "):
        for section in sections(Settings):
            if part.startswith((f"`[{section}]`", f"`[[{section}]]`")):
                parts[section] = part
        if part.startswith("Top level"):
            parts[""] = part
    models: dict[str, type[BaseModel]] = {"": Settings, **sections(Settings)}
    for section, model in models.items():
        keys = set(model.model_fields) - ({*sections(Settings), "wire", "channel"} if not section else set())
        assert keys_on_the_page(parts[section]) == keys, section or "top level"
        for key, shown in defaults_on_the_page(parts[section]).items():
            default: Any = model.model_fields[key].default
            if isinstance(default, bool):
                assert shown == str(default).lower(), key
            elif isinstance(default, int | float):
                assert float(shown) == default, key
            elif isinstance(default, str | Path) and str(default):
                assert shown == str(default), key


@pytest.mark.parametrize("kind", get_args(get_args(AnyChannel)[0]), ids=lambda kind: kind.__name__)
def test_every_kind_of_channel_has_a_page_that_names_its_keys(kind: type[BaseModel]) -> None:
    name = get_args(kind.model_fields["kind"].annotation)[0]
    page = PAGE.with_name(f"channel-{name}.md").read_text(encoding="utf-8")
    keys = page.split("\n## Settings")[1].split("\n## ")[0]
    assert keys_on_the_page(keys) == set(kind.model_fields)


def test_the_page_names_every_key_and_form_of_a_wire() -> None:
    part = PAGE.read_text(encoding="utf-8").split("\n## `[[wire]]`")[1].split("\n## ")[0]
    forms = get_args(get_args(Wire)[0])
    assert keys_on_the_page(part) == {key for form in forms for key in form.model_fields}
    row = next(line for line in part.splitlines() if line.startswith("| `form`"))
    named = {form.model_fields["form"].annotation.__args__[0] for form in forms}
    assert set(re.findall(r"`(\w+)`", row)) == named | {"form"}


def test_the_example_on_the_page_is_read(tmp_path: Path) -> None:
    example = PAGE.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    assert tomllib.loads(example)
    assert read(tmp_path, example).influx is not None
