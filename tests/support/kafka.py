"""A real Kafka for tests: one or three brokers on free ports of 127.0.0.1, killed and started again by pid."""

import atexit
import functools
import shutil
import signal
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import SEEK_CUR
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pytest
from support.mosquitto import Certificates, free_port
from support.waiting import eventually

from tocsin.settings.kafka import KafkaSettings
from tools.services.kafka import find

_CLUSTER_ID = "dG9jc2luLXRlc3RzLTEyMw"
_KEYSTORE_PASSWORD = "for-tests-only"

# The compiler's second stage pays only after minutes; the serial collector takes no core from the tests.
_JAVA = ("java", "-Xmx512m", "-Xms256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

Sasl = Literal["plain", "scram_sha_256", "scram_sha_512"]


@dataclass(frozen=True)
class Access:
    """A second listener of each broker, beside the plain one."""

    certificates: Certificates
    users: Mapping[str, str]
    """Name -> password, for SCRAM and PLAIN alike; empty: TLS alone, and clients must show a certificate."""
    held_to_acls: bool = False
    """Whoever comes by this listener may do what ACLs allow and nothing else; by the plain one, everything."""


class KafkaCluster:
    """Brokers that are controllers too. `with KafkaCluster(folder) as kafka:` starts them all and waits until ready."""

    def __init__(
        self, folder: Path, brokers: Literal[1, 3] = 1, *, access: Access | None = None, java: Sequence[str] = ()
    ) -> None:
        """`java`: more options of the virtual machine (the last of two that contradict counts)."""
        jars = find()
        assert jars is not None, "kafka is not there: make services brings it"
        self._command = [*_JAVA, *java, "-cp", f"{jars}/*"]
        self._folder = folder
        self._access = access
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._prefixes: set[str] = set()
        self._ports = [free_port() for _ in range(brokers)]
        self._controllers = [free_port() for _ in range(brokers)]
        self._secure_ports = [free_port() for _ in range(brokers)] if access else []
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(brokers):
            self._properties(i).write_text("\n".join(self._settings_of(i)) + "\n")

    @property
    def bootstrap(self) -> str:
        """host:port of every broker, separated by commas."""
        return ",".join(f"127.0.0.1:{port}" for port in self._ports)

    @property
    def secure_bootstrap(self) -> str:
        """The same for the listener with TLS."""
        return ",".join(f"127.0.0.1:{port}" for port in self._secure_ports)

    @property
    def pids(self) -> dict[int, int]:
        """The processes that run, by broker."""
        return {i: process.pid for i, process in self._processes.items()}

    def data(self, i: int = 0) -> Path:
        """The folder of a broker's logs."""
        return self._folder / f"data-{i}"

    def settings(self, prefix: str = "tocsin.", partitions: int = 4, **more: Any) -> KafkaSettings:
        """`[kafka]` for this cluster; nothing is made."""
        brokers = len(self._ports)
        given = {
            "bootstrap": self.bootstrap,
            "prefix": prefix,
            "partitions": partitions,
            "replication": brokers,
            "retention_days": 36_500,  # A test's readings may be old: Kafka counts from the record's time.
        }
        return KafkaSettings.model_validate(given | more)

    def topics(self, prefix: str, partitions: int = 4, **more: Any) -> KafkaSettings:
        """`[kafka]` with a prefix of its own, whose topics are there when this returns."""
        from tocsin.kafka.admin import make_topics

        assert prefix not in self._prefixes, f"another test has the topics {prefix}: tests share the broker"
        self._prefixes.add(prefix)
        settings = self.settings(prefix, partitions, **more)
        make_topics(settings)
        return settings

    def start(self, i: int = 0) -> None:
        """Start one broker, with what it had on disk, and wait until it answers."""
        self._launch(i)
        self._until_ready([i])

    def start_all(self) -> None:
        formats = [self._format(i) for i in range(len(self._ports))]
        for process in formats:
            out, _ = process.communicate(timeout=60)
            assert process.returncode == 0, out.decode()
        for i in range(len(self._ports)):
            self._launch(i)
        self._until_ready(range(len(self._ports)))

    def mend(self) -> None:
        """Start again what a test left killed, stopped or paused."""
        for i in range(len(self._ports)):
            if i in self._processes and self._processes[i].poll() is None:
                self.proceed(i)
            else:
                self.start(i)

    def kill(self, i: int = 0) -> None:
        """Pull the plug of one broker."""
        process = self._processes.pop(i)
        process.kill()
        process.wait(10)

    def stop(self, i: int = 0) -> None:
        """Stop one broker cleanly: it hands on what it leads."""
        process = self._processes.pop(i)
        process.terminate()
        process.wait(30)

    def pause(self, i: int = 0) -> None:
        """Let one broker hang: its connections stay, and it says nothing."""
        self._processes[i].send_signal(signal.SIGSTOP)

    def proceed(self, i: int = 0) -> None:
        """End the pause."""
        self._processes[i].send_signal(signal.SIGCONT)

    def damage(self, topic: str, partition: int, offset: int, i: int = 0) -> None:
        """Turn one byte of a record on a broker's disk: its batch's checksum is wrong from now on."""
        segment = self.data(i) / f"{topic}-{partition}" / "00000000000000000000.log"
        with segment.open("r+b") as file:
            while len(head := file.read(12)) == 12:
                first, length = struct.unpack(">qi", head)
                file.seek(length, SEEK_CUR)
                here = file.tell()
                file.seek(here - length + 11)
                if first <= offset <= first + struct.unpack(">i", file.read(4))[0]:
                    file.seek(here - 2)
                    turned = file.read(1)[0] ^ 0xFF
                    file.seek(here - 2)
                    file.write(bytes([turned]))
                    return
                file.seek(here)
        raise LookupError(f"{segment} has no record {offset}")

    def leader(self, topic: str, partition: int = 0) -> int:
        """Which broker leads a partition now; -1 for none."""
        found = _cluster(self.bootstrap, topic).topics[topic].partitions[partition].leader
        return int(found) - 1 if found > 0 else -1

    def __enter__(self) -> Self:
        try:
            self.start_all()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for i in list(self._processes):
            self.kill(i)

    def _format(self, i: int) -> subprocess.Popen[bytes]:
        users = self._access.users if self._access else {}
        scram = [
            f"SCRAM-SHA-{bits}=[name={name},password={password}]"
            for name, password in users.items()
            for bits in (256, 512)
        ]
        tool = ["kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(self._properties(i))]
        added = [part for one in scram for part in ("--add-scram", one)]
        return subprocess.Popen(
            [*self._command, *tool, *added], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )

    def _launch(self, i: int) -> None:
        with (self._folder / f"{i}.log").open("ab") as log:
            self._processes[i] = subprocess.Popen(
                [*self._command, "kafka.Kafka", str(self._properties(i))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _until_ready(self, which: Sequence[int]) -> None:
        wanted = {i + 1 for i in which}
        address = ",".join(f"127.0.0.1:{self._ports[i]}" for i in which)

        def ready() -> bool:
            if any(self._processes[i].poll() is not None for i in which):
                return True
            return wanted <= _brokers(address)

        assert eventually(ready, 60), self._log(which[0])
        for i in which:
            assert self._processes[i].poll() is None, self._log(i)

    def _log(self, i: int) -> str:
        return (self._folder / f"{i}.log").read_text(errors="replace")[-3000:]

    def _properties(self, i: int) -> Path:
        return self._folder / f"{i}.properties"

    def _settings_of(self, i: int) -> list[str]:
        count = len(self._ports)
        voters = ",".join(f"{n + 1}@127.0.0.1:{port}" for n, port in enumerate(self._controllers))
        listeners = [f"PLAINTEXT://127.0.0.1:{self._ports[i]}"]
        listeners += [f"SECURE://127.0.0.1:{self._secure_ports[i]}"] if self._access else []
        return [
            "process.roles=broker,controller",
            f"node.id={i + 1}",
            f"controller.quorum.voters={voters}",
            f"listeners={','.join(listeners)},CONTROLLER://127.0.0.1:{self._controllers[i]}",
            f"advertised.listeners={','.join(listeners)}",
            "controller.listener.names=CONTROLLER",
            "inter.broker.listener.name=PLAINTEXT",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:"
            + ("SASL_SSL" if self._access and self._access.users else "SSL"),
            f"log.dirs={self.data(i)}",
            "auto.create.topics.enable=false",
            f"offsets.topic.replication.factor={count}",
            "offsets.topic.num.partitions=4",
            f"transaction.state.log.replication.factor={count}",
            f"transaction.state.log.min.isr={max(1, count - 1)}",
            "transaction.state.log.num.partitions=4",
            f"default.replication.factor={count}",
            f"min.insync.replicas={max(1, count - 1)}",
            "group.initial.rebalance.delay.ms=0",
            "group.min.session.timeout.ms=500",
            "message.max.bytes=67108864",
            "replica.fetch.max.bytes=67108864",
            "broker.session.timeout.ms=3000",
            "broker.heartbeat.interval.ms=500",
            "num.network.threads=2",
            "num.io.threads=2",
            "log.cleaner.dedupe.buffer.size=8388608",
            "log.cleaner.io.buffer.size=131072",
            *self._secured(),
        ]

    def _secured(self) -> list[str]:
        if self._access is None:
            return []
        made, users = self._access.certificates, self._access.users
        # Kafka takes key and certificate in one PEM file, and the authorities in another.
        both = self._folder / "server.pem"
        both.write_text(made.server_key.read_text() + made.server_cert.read_text())
        listener = "listener.name.secure."
        lines = [
            f"{listener}ssl.keystore.type=PEM",
            f"{listener}ssl.keystore.location={both}",
            f"{listener}ssl.truststore.type=PEM",
            f"{listener}ssl.truststore.location={made.ca}",
        ]
        if self._access.held_to_acls:
            authorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
            lines += [f"authorizer.class.name={authorizer}", "super.users=User:ANONYMOUS"]
        if not users:
            return [*lines, f"{listener}ssl.client.auth=required"]
        plain = " ".join(f'user_{name}="{password}"' for name, password in users.items())
        module = "org.apache.kafka.common.security"
        scram = f"{module}.scram.ScramLoginModule required;"
        return [
            *lines,
            f"{listener}sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            f"{listener}plain.sasl.jaas.config={module}.plain.PlainLoginModule required {plain};",
            f"{listener}scram-sha-256.sasl.jaas.config={scram}",
            f"{listener}scram-sha-512.sasl.jaas.config={scram}",
        ]


@contextmanager
def running_kafka(folder: Path, brokers: Literal[1, 3] = 1, *, access: Access | None = None) -> Iterator[KafkaCluster]:
    """A cluster of one's own that is up. Skips the test where Kafka, Java or the extra `cluster` is not there."""
    _need_kafka()
    with KafkaCluster(folder, brokers, access=access) as cluster:
        yield cluster


def shared_kafka() -> KafkaCluster:
    """The one broker of this test process, up and running: give each test a prefix of its own. Skips as above.

    It may be killed, stopped and paused: whoever asks for it next finds it up again.
    """
    _need_kafka()
    cluster = _started()
    cluster.mend()
    return cluster


@pytest.fixture(scope="module")
def kafka() -> KafkaCluster:
    """The process's broker; import it by name to use it."""
    return shared_kafka()


@functools.cache
def _started() -> KafkaCluster:
    folder = Path(tempfile.mkdtemp(prefix="tocsin-kafka-"))
    cluster = KafkaCluster(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(cluster.__exit__, None, None, None)
    return cluster.__enter__()


def _need_kafka() -> None:
    if find() is None:
        pytest.skip("Kafka or Java is not there: make services brings them")
    pytest.importorskip("confluent_kafka", reason="the extra `cluster` is not installed: confluent-kafka is missing")


@pytest.fixture(scope="module")
def three_brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """Three brokers for the tests of a module, for where replication matters."""
    with running_kafka(tmp_path_factory.mktemp("kafka"), 3) as cluster:
        yield cluster


def _cluster(address: str, topic: str | None = None) -> Any:
    from confluent_kafka.admin import AdminClient

    client = AdminClient({"bootstrap.servers": address, "logger": _silent()})
    return client.list_topics(topic, timeout=5) if topic else client.list_topics(timeout=1)


def _brokers(address: str) -> set[int]:
    from confluent_kafka import KafkaException

    try:
        return set(_cluster(address).brokers)
    except KafkaException:
        return set()


def _silent() -> Any:
    import logging

    logger = logging.Logger("kafka of a test")
    logger.addHandler(logging.NullHandler())
    return logger
