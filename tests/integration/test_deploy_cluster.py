"""The profile `cluster` of docker-compose.yml, run without Docker: its commands, variables, certificates, passwords."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import paho.mqtt.client as mqtt
import pytest
from support.compose import Bare
from support.mosquitto import free_port, mosquitto_path
from support.postgres import postgres_server
from support.waiting import eventually

from tocsin.book import BookReader
from tocsin.book.schema import BookError
from tocsin.clock import SystemClock
from tocsin.deploy.cluster import BROKERS
from tocsin.deploy.probe import probe
from tocsin.deploy.writing import write_deployment
from tocsin.doctor.of_kafka import look_at_cluster
from tocsin.doctor.of_shards import look_at_shards
from tocsin.kafka.client import admin
from tocsin.kafka.errors import KafkaClientError
from tocsin.settings import Settings, read_settings
from tools.services.kafka import find as find_kafka

PROCESSES: Final = ("bridge", "worker", "notifier")
_JAVA: Final = ("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_SCRIPTS: Final = Path(sys.executable).parent


class Cluster:
    """The services of the file on this machine, each stopped by its own process."""

    def __init__(self, folder: Path) -> None:
        write_deployment(folder / "deploy", folder / ".env", now_ms=SystemClock().now_ms(), cluster=True)
        self.folder = folder
        self.server = postgres_server()
        places = [f"{broker}:{port}" for broker in BROKERS for port in (9092, 9093)]
        places += ["mosquitto:8883", *(f"{name}:9108" for name in PROCESSES)]
        self.ports = {place: free_port() for place in places} | {"postgres:5432": self.server.port}
        self.bare = Bare(folder, self.ports)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.config = folder / "deploy" / "tocsin.cluster.toml"
        self._make_database()
        self._map_configurations()

    @property
    def settings(self) -> Settings:
        return read_settings(self.config, {})

    def _make_database(self) -> None:
        """By the script of PostgreSQL's first start, with a name that the tests' server has not given already."""
        self.database = f"centre_{self.server.port}_{free_port()}"
        paths = self.bare.paths("postgres")
        text = Path(paths["/docker-entrypoint-initdb.d/tocsin.sql"]).read_text()
        text = text.replace("/run/secrets/database_password", paths["/run/secrets/database_password"])
        script = self.folder / "tocsin.sql"
        script.write_text(re.sub(r"\b(ROLE|DATABASE|OWNER) tocsin\b", rf"\1 {self.database}", text))
        psql = shutil.which("psql")
        assert psql is not None, "it comes with the server"
        where = ["-h", "127.0.0.1", "-p", str(self.server.port), "-U", "tocsin", "-d", "postgres"]
        subprocess.run([psql, "-v", "ON_ERROR_STOP=1", *where, "-f", str(script)], check=True, capture_output=True)
        # The tests' server trusts everybody; this user is asked for the password, as in the image.
        hba = self.server.folder / "data" / "pg_hba.conf"
        hba.write_text(f"host all {self.database} 127.0.0.1/32 scram-sha-256\n{hba.read_text()}")
        self.server.ask("SELECT pg_reload_conf()")

    def _map_configurations(self) -> None:
        text = self.bare.mapped("bridge", self.config.read_text())
        text = text.replace(f"{self.server.port}/tocsin", f"{self.server.port}/{self.database}")
        self.config.write_text(text.replace('user = "tocsin"\np', f'user = "{self.database}"\np'))
        broker = self.folder / "deploy" / "broker" / "mosquitto.conf"
        port = self.ports["mosquitto:8883"]
        text = self.bare.mapped("mosquitto", broker.read_text()).replace("listener 8883", f"listener {port} 127.0.0.1")
        broker.write_text(text + "user root\n")

    def start_broker_of_kafka(self, name: str) -> None:
        """As the image's start-up does: KAFKA_A_B in the environment is a.b in the properties."""
        said: Mapping[str, object] = self.bare.service(name)["environment"]
        lines = [
            f"{key.removeprefix('KAFKA_').lower().replace('_', '.')}={self.bare.mapped(name, str(value))}"
            for key, value in said.items()
            if key not in ("CLUSTER_ID", "KAFKA_HEAP_OPTS")
        ]
        # Fewer of Kafka's own partitions, or they take longer than all the rest.
        lines += ["offsets.topic.num.partitions=2", "transaction.state.log.num.partitions=2"]
        properties = self.folder / f"{name}.properties"
        properties.write_text("\n".join(lines) + "\n")
        java = [*_JAVA, *str(said["KAFKA_HEAP_OPTS"]).split(), "-cp", f"{find_kafka()}/*"]
        tool = ["kafka.tools.StorageTool", "format", "-t", str(said["CLUSTER_ID"]), "-c", str(properties)]
        formatted = subprocess.run([*java, *tool], capture_output=True, text=True, check=False)
        assert formatted.returncode == 0, formatted.stdout + formatted.stderr
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [*java, "kafka.Kafka", str(properties)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def start(self, name: str) -> None:
        """A service of Tocsin's, or the MQTT broker."""
        programs = {"tocsin": str(_SCRIPTS / "tocsin"), "/usr/sbin/mosquitto": str(mosquitto_path())}
        environment = {"TOCSIN_DATA": str(self.folder / "data" / name)}
        if name in PROCESSES:
            environment["TOCSIN_HTTP__LISTEN"] = f"127.0.0.1:{self.ports[f'{name}:9108']}"
        self.running[name] = self.bare.start(name, programs, environment)

    def ready(self, name: str) -> bool:
        assert self.running[name].poll() is None, self.log(name)
        return not probe(f"http://127.0.0.1:{self.ports[f'{name}:9108']}/readyz")

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def publish(self, user: str, topic: str, payload: str) -> None:
        """As a device of an enterprise does."""
        words = dict(line.split(" ", 1) for line in (self.folder / "deploy" / "passwords.txt").read_text().splitlines())
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.tls_set(ca_certs=str(self.folder / "deploy" / "broker" / "ca.pem"))
        client.username_pw_set(user, words[user])
        client.connect("127.0.0.1", self.ports["mosquitto:8883"])
        client.loop_start()
        try:
            client.publish(topic, payload, qos=1).wait_for_publish(10)
        finally:
            client.disconnect()
            client.loop_stop()

    def raised(self) -> set[str]:
        """Subjects that have an alarm in the book."""
        try:
            reader = BookReader.open_for_reading(self.settings.book)
        except BookError:
            return set()
        try:
            return {record.subject for record in reader.alarms()}
        finally:
            reader.close()

    def stop(self) -> None:
        for process in reversed(self.running.values()):
            process.terminate()
        for process in reversed(self.running.values()):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    found = Cluster(folder)
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def needs() -> None:
    for name, there in (("mosquitto", mosquitto_path()), ("kafka", find_kafka())):
        if there is None:
            pytest.skip(f"{name} is not there: make services brings it")
    pytest.importorskip("confluent_kafka", reason="the extra `cluster` is not installed: confluent-kafka is missing")


def brokers_that_answer(settings: Settings) -> int:
    assert settings.kafka is not None
    try:
        return len(admin(settings.kafka, 5).list_topics(timeout=5).brokers)
    except KafkaClientError as error:
        print(error)
        return 0


@pytest.mark.usefixtures("needs")
def test_the_profiles_own_commands_make_a_cluster(tmp_path: Path) -> None:
    with cluster(tmp_path) as here:
        for broker in BROKERS:
            here.start_broker_of_kafka(broker)
        here.start("mosquitto")
        assert eventually(lambda: brokers_that_answer(here.settings) == len(BROKERS), 60), here.log("kafka-1")
        kafka = here.settings.kafka
        assert kafka is not None
        stranger = kafka.model_copy(update={"cert_file": None, "key_file": None})
        with pytest.raises(KafkaClientError):
            admin(stranger, 3)
        here.start("topics")
        assert here.running["topics"].wait(40) == 0, here.log("topics")
        for name in PROCESSES:
            here.start(name)
        for name in PROCESSES:
            assert eventually(lambda name=name: here.ready(name), 60), here.log(name)

        now_ms = SystemClock().now_ms()
        here.publish("E001", "tocsin/v1/E001/MIX/up", json.dumps({"ts": now_ms, "values": {"gas1": 80.0}}))
        assert eventually(lambda: "E001-GAS-01" in here.raised(), 30), here.log("worker") + here.log("notifier")

        here.running.pop("kafka-2").kill()
        here.publish("E001", "tocsin/v1/E001/MIX/up", json.dumps({"ts": now_ms + 2_000, "values": {"gas2": 80.0}}))
        assert eventually(lambda: "E001-GAS-02" in here.raised(), 40), here.log("worker")

        def told() -> set[str]:
            return {found.code for found in look_at_cluster(kafka, now_ms)}

        def shards() -> set[str]:
            return {found.code for found in look_at_shards(here.settings, SystemClock().now_ms())}

        assert eventually(lambda: "kafka_copies" in told(), 40), "a broker is away, and the others know"
        assert eventually(lambda: shards() == {"shards_ok"}, 60), here.log("bridge")
        ran = subprocess.run(
            [_SCRIPTS / "tocsin", "doctor", "--config", here.config, "--json"], capture_output=True, check=False
        )
        findings = json.loads(ran.stdout)["findings"]
        found = {one["code"]: one["verdict"] for one in findings}
        assert {"version_ok", "broker_ok", "kafka_ok", "book_shared"} <= set(found), findings
        assert {found[code] for code in ("version_ok", "broker_ok", "kafka_ok", "book_shared")} == {"ok"}
        assert found["kafka_copies"] == "warn"
        assert "kafka_stands" not in found
