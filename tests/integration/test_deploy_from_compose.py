"""Each service's command of docker-compose.yml, run without Docker: a reading becomes an alarm, and history."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import paho.mqtt.client as mqtt
import pytest
from support.compose import Bare
from support.mosquitto import free_port, mosquitto_path
from support.waiting import eventually

from tocsin.book import BookReader
from tocsin.clock import SystemClock
from tocsin.deploy.probe import probe
from tocsin.deploy.writing import write_deployment
from tools.services.influxd import find as find_influxd

INSIDE = {"mosquitto:8883", "influxdb:8086", "tocsin:9108", "answers:9109", "console:8080"}


class Centre:
    """The services of the file on this machine, each stopped by its own process."""

    def __init__(self, folder: Path) -> None:
        ports = {place: free_port() for place in INSIDE}
        write_deployment(folder / "deploy", folder / ".env", now_ms=SystemClock().now_ms())
        self.bare = Bare(folder, ports)
        self.ports = ports
        self.folder = folder
        scripts = Path(sys.executable).parent
        self.programs = {
            "/usr/sbin/mosquitto": str(mosquitto_path()),
            "influxd": str(find_influxd()),
            "tocsin": str(scripts / "tocsin"),
            "python": sys.executable,
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.passwords = dict(
            line.split(" ", 1) for line in (folder / "deploy" / "passwords.txt").read_text().splitlines()
        )
        self._map_configurations()

    def _map_configurations(self) -> None:
        """The generated files say paths and hosts of the containers: the same, as they are here."""
        broker = self.folder / "deploy" / "broker" / "mosquitto.conf"
        port = self.ports["mosquitto:8883"]
        text = self.bare.mapped("mosquitto", broker.read_text()).replace("listener 8883", f"listener {port} 127.0.0.1")
        if os.geteuid() == 0:
            text += "user root\n"  # else it gives root up for a user that can't read the folders of a test
        broker.write_text(text)
        settings = self.folder / "deploy" / "tocsin.toml"
        text = settings.read_text()
        text = text.replace("0.0.0.0:9108", f"127.0.0.1:{self.ports['tocsin:9108']}")
        text = text.replace("0.0.0.0:9109", f"127.0.0.1:{self.ports['answers:9109']}")
        for said in ("0.0.0.0:8080", "127.0.0.1:8080"):
            text = text.replace(said, f"127.0.0.1:{self.ports['console:8080']}")
        # The broker's certificate names 127.0.0.1 too.
        settings.write_text(self.bare.mapped("tocsin", text))

    def start(self, name: str) -> None:
        environment = {k: str(v) for k, v in self.bare.service(name).get("environment", {}).items()}
        mapped = {key: self.bare.mapped(name, value) for key, value in environment.items()}
        self.running[name] = self.bare.start(name, self.programs, mapped)

    def well(self, name: str) -> bool:
        """As the service's health check would ask."""
        assert self.running[name].poll() is None, (self.folder / f"{name}.log").read_text()[-3000:]
        test = self.bare.service(name)["healthcheck"]["test"]
        url = next((word for word in test if word.startswith("http://")), None)
        if url is None:
            return not probe_tcp(self.ports["mosquitto:8883"])
        path = "/ping" if name == "influxdb" else ""
        return not probe(self.bare.mapped(name, url) + path)

    def set_influx_up(self) -> None:
        """What the image's own start-up does with the variables of the file."""
        variables = self.bare.service("influxdb")["environment"]
        said = {key.removeprefix("DOCKER_INFLUXDB_INIT_"): str(value) for key, value in variables.items()}
        secret = {
            name: Path(self.bare.mapped("influxdb", said[f"{name}_FILE"])).read_text().strip()
            for name in ("PASSWORD", "ADMIN_TOKEN")
        }
        assert said["MODE"] == "setup"
        assert said["RETENTION"].endswith("d")
        body = {
            "username": said["USERNAME"],
            "password": secret["PASSWORD"],
            "org": said["ORG"],
            "bucket": said["BUCKET"],
            "token": secret["ADMIN_TOKEN"],
            "retentionPeriodSeconds": int(said["RETENTION"].removesuffix("d")) * 86_400,
        }
        httpx.post(f"{self.influx}/api/v2/setup", json=body, timeout=30).raise_for_status()

    @property
    def influx(self) -> str:
        return f"http://127.0.0.1:{self.ports['influxdb:8086']}"

    def client(self, user: str, password: str) -> mqtt.Client:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.tls_set(ca_certs=str(self.folder / "deploy" / "broker" / "ca.pem"))
        client.username_pw_set(user, password)
        return client

    def publish(self, user: str, topic: str, payload: str) -> None:
        """As a device of an enterprise does."""
        client = self.client(user, self.passwords[user])
        client.connect("127.0.0.1", self.ports["mosquitto:8883"])
        client.loop_start()
        try:
            client.publish(topic, payload, qos=1).wait_for_publish(10)
        finally:
            client.disconnect()
            client.loop_stop()

    def raised(self) -> set[str]:
        """Subjects that have an alarm in the book."""
        book = self.folder / "volumes" / "tocsin-data" / "book.sqlite"
        if not book.exists():
            return set()
        reader = BookReader.open_for_reading(book)
        try:
            return {record.subject for record in reader.alarms()}
        finally:
            reader.close()

    def history(self, token: str, query: str) -> str:
        answer = httpx.get(
            f"{self.influx}/query", params={"db": "readings", "q": query}, headers={"Authorization": f"Token {token}"}
        )
        return answer.text

    def doctor(self) -> dict[str, str]:
        """code -> verdict of what `tocsin doctor` finds."""
        ran = subprocess.run(
            [self.programs["tocsin"], "doctor", "--config", self.folder / "deploy" / "tocsin.toml", "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        return {found["code"]: found["verdict"] for found in json.loads(ran.stdout)["findings"]}

    def stop_one(self, name: str) -> None:
        process = self.running.pop(name)
        process.terminate()
        process.wait(20)

    def stop(self) -> None:
        for process in reversed(self.running.values()):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.running.values()):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def probe_tcp(port: int) -> str:
    with socket.socket() as probing:
        return "" if probing.connect_ex(("127.0.0.1", port)) == 0 else "nobody listens"


@contextmanager
def centre(folder: Path) -> Iterator[Centre]:
    found = Centre(folder)
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def needs() -> None:
    for name, there in (("mosquitto", mosquitto_path()), ("influxd", find_influxd())):
        if there is None:
            pytest.skip(f"{name} is not there: make services brings it")


@pytest.mark.usefixtures("needs")
def test_the_files_own_commands_make_a_centre(tmp_path: Path) -> None:
    with centre(tmp_path) as here:
        for name in ("mosquitto", "influxdb"):
            here.start(name)
        assert eventually(lambda: here.well("mosquitto"))
        assert eventually(lambda: here.well("influxdb"))
        here.set_influx_up()
        here.start("tocsin")
        assert eventually(lambda: here.well("tocsin"), 60), (tmp_path / "tocsin.log").read_text()[-3000:]
        here.start("answers")
        here.start("console")
        here.start("grafana-token")
        here.start("history-buckets")

        now_ms = SystemClock().now_ms()
        topic = "tocsin/v1/E001/MIX/up"
        here.publish("E002", topic, json.dumps({"ts": now_ms, "values": {"gas2": 80.0}}))
        here.publish("E001", topic, json.dumps({"ts": now_ms, "values": {"gas1": 80.0}}))
        assert eventually(lambda: "E001-GAS-01" in here.raised()), (tmp_path / "tocsin.log").read_text()[-3000:]
        assert "E001-GAS-02" not in here.raised(), "another enterprise spoke: the access list drops it"
        assert eventually(lambda: here.well("answers"))
        assert eventually(lambda: here.well("console"), 90)
        said = (tmp_path / "console.log").read_text()
        (link,) = re.findall(r"within a day: (http://127[.]0[.]0[.]1:\S+)", said)
        assert httpx.get(link).status_code == 200

        assert here.running["grafana-token"].wait(20) == 0, (tmp_path / "grafana-token.log").read_text()
        assert here.running["history-buckets"].wait(20) == 0, (tmp_path / "history-buckets.log").read_text()
        token = (tmp_path / "volumes" / "grafana-keys" / "influx_read").read_text().strip()
        count = "SELECT count(value) FROM reading"
        assert eventually(lambda: '"values"' in here.history(token, count)), here.history(token, count)
        refused = httpx.post(
            f"{here.influx}/api/v2/write",
            params={"bucket": "readings", "org": "tocsin"},
            content="reading value=1",
            headers={"Authorization": f"Token {token}"},
        )
        assert refused.status_code == 403, "Grafana's token only reads"

        well = here.doctor()
        assert {well[code] for code in ("site_ok", "broker_ok", "journal_ok", "book_ok")} == {"ok"}
        assert not {"service_away", "service_unready", "influx_token", "influx_bucket"} & set(well)
        assert "broker_open" not in well, "the access list holds us"
        assert "page_here" in well, "the addresses are still those of this machine"
        here.stop_one("mosquitto")
        assert here.doctor()["away"] == "bad"


@pytest.mark.usefixtures("needs")
def test_the_broker_lets_nobody_in_without_a_password(tmp_path: Path) -> None:
    with centre(tmp_path) as here:
        here.start("mosquitto")
        assert eventually(lambda: here.well("mosquitto"))
        for user, password in (("", ""), ("tocsin", "guessed")):
            said: list[str] = []
            client = here.client(user, password)
            client.on_connect = lambda _c, _u, _f, code, _p, said=said: said.append(str(code))
            client.connect("127.0.0.1", here.ports["mosquitto:8883"])
            client.loop_start()
            try:
                assert eventually(lambda said=said: bool(said))
            finally:
                client.disconnect()
                client.loop_stop()
            assert said[0] == "Not authorized"
