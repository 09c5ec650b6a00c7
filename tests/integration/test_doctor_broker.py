"""The doctor and real servers: a broker with and without an access list, by TLS, with a wrong password; InfluxDB."""

import shutil
from pathlib import Path

import pytest
from support.influx import TOKEN, InfluxServer, influx
from support.mosquitto import Mosquitto, make_certificates, mosquitto_path

from tocsin.clock import SystemClock
from tocsin.doctor.finding import Finding, Verdict
from tocsin.doctor.of_broker import look_at_broker
from tocsin.doctor.of_influx import look_at_influx
from tocsin.doctor.of_machine import look_at_clock
from tocsin.followers.influx import InfluxSettings
from tocsin.security.mosquitto import EXERCISES
from tocsin.settings import MqttSettings, Settings

__all__ = ["influx"]

NOW_MS = SystemClock().now_ms()
PASSWORDS = {"tocsin": "a password"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if mosquitto_path() is None or shutil.which("mosquitto_passwd") is None:
        pytest.skip("mosquitto is not installed")
    (tmp_path / "password").write_text(PASSWORDS["tocsin"])
    return tmp_path


def verdicts(found: list[Finding]) -> dict[str, Verdict]:
    return {finding.code: finding.verdict for finding in found}


def looked(broker: Mosquitto, folder: Path, **more: object) -> dict[str, Verdict]:
    broker.start()
    try:
        settings = MqttSettings.model_validate(
            {
                "url": f"mqtt://localhost:{broker.port}",
                "username": "tocsin",
                "password_file": folder / "password",
                **{key: value.format(port=broker.port) if key == "url" else value for key, value in more.items()},  # type: ignore[attr-defined]
            }
        )
        return verdicts(look_at_broker(settings, NOW_MS))
    finally:
        broker.stop()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_broker_without_an_access_list_lets_everybody_write(folder: Path, protocol: str) -> None:
    found = looked(Mosquitto(folder / "broker", users=PASSWORDS), folder, protocol=protocol)
    assert found == {"broker_ok": Verdict.OK, "broker_open": Verdict.WARN}


def test_with_one_all_is_well(folder: Path) -> None:
    access = folder / "access"
    access.write_text(f"user tocsin\ntopic read tocsin/v1/+/+/up\ntopic read {EXERCISES}\n")
    broker = Mosquitto(folder / "broker", users=PASSWORDS, options=f"acl_file {access}")
    assert looked(broker, folder) == {"broker_ok": Verdict.OK}


def test_a_wrong_password_is_refused(folder: Path) -> None:
    (folder / "password").write_text("another")
    found = looked(Mosquitto(folder / "broker", users=PASSWORDS), folder)
    assert found == {"broker_refused": Verdict.BAD}


def test_a_certificate_of_an_authority_that_we_dont_know_is_told(folder: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there to make a certificate")
    certificates = make_certificates(folder / "tls")
    broker = Mosquitto(
        folder / "broker", certificates=certificates, users=PASSWORDS, options="require_certificate false"
    )
    url = "mqtts://localhost:{port}"
    assert looked(broker, folder, url=url) == {"untrusted": Verdict.BAD}
    found = looked(broker, folder, url=url, ca_file=certificates.ca)
    assert found == {"broker_ok": Verdict.OK, "broker_open": Verdict.WARN, "ends_soon": Verdict.WARN}, "two days left"


def settings_of(server: InfluxServer, folder: Path, token: str = TOKEN, bucket: str = "readings") -> Settings:
    (folder / "token").write_text(token)
    history = InfluxSettings(url=server.url, org="tocsin", bucket=bucket, token_file=folder / "token")
    return Settings(site=folder, influx=history)


def test_influxdb_tells_of_token_buckets_and_how_long_they_are_kept(influx: InfluxServer, tmp_path: Path) -> None:
    assert verdicts(look_at_influx(settings_of(influx, tmp_path, "wrong"))) == {"influx_token": Verdict.BAD}
    assert verdicts(look_at_influx(settings_of(influx, tmp_path))) == {"influx_bucket": Verdict.BAD}
    for name, days in (("kept", 90), ("kept_1m", 400), ("kept_1h", 0), ("short", 7), ("short_1m", 90), ("short_1h", 0)):
        influx.make_bucket(name, days * 86_400)
    assert verdicts(look_at_influx(settings_of(influx, tmp_path, bucket="kept"))) == {"influx_ok": Verdict.OK}
    assert verdicts(look_at_influx(settings_of(influx, tmp_path, bucket="short")))["influx_short"] is Verdict.BAD


def test_the_clock_is_compared_with_influxdbs(influx: InfluxServer, tmp_path: Path) -> None:
    class Late(SystemClock):
        def now_ms(self) -> int:
            return super().now_ms() - 120_000

    settings = settings_of(influx, tmp_path)
    assert verdicts(look_at_clock(settings, SystemClock()))["clock_ok"] is Verdict.OK
    assert verdicts(look_at_clock(settings, Late()))["skewed"] is Verdict.BAD
