"""Kafka's clients against real brokers: who gets in by TLS and SASL, what is said to who does not, topics, retries."""

import logging
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from support.kafka import Access, KafkaCluster, running_kafka
from support.mosquitto import Certificates, free_port, make_certificates

from plant.mistakes import InputError
from tocsin.kafka.admin import check_partitions, make_topics
from tocsin.kafka.client import admin, member, producer, reader
from tocsin.kafka.errors import FencedError, KafkaAwayError, KafkaRefusedError, KafkaTopicError
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import LogPlace, Topics, specs
from tocsin.settings.kafka import KafkaSettings

USERS = {"li": "right-secret"}
SASL = ["plain", "scram_sha_256", "scram_sha_512"]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not there to make certificates")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secured(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """A broker with a plain listener, and one with TLS and SASL."""
    with running_kafka(tmp_path_factory.mktemp("kafka"), access=Access(certificates, USERS)) as cluster:
        yield cluster


def settings_for(
    cluster: KafkaCluster, certificates: Certificates, folder: Path, *, sasl: str, password: str = "right-secret"
) -> KafkaSettings:
    file = folder / "password"
    file.write_text(password + "\n")
    return cluster.settings(
        f"{uuid4().hex}.", 1, bootstrap=cluster.secure_bootstrap, security="sasl_tls", sasl=sasl,
        ca_file=certificates.ca, username="li", password_file=file,
    )  # fmt: skip


@pytest.mark.parametrize("sasl", SASL)
def test_the_right_secret_gets_in(secured: KafkaCluster, certificates: Certificates, tmp_path: Path, sasl: str) -> None:
    settings = settings_for(secured, certificates, tmp_path, sasl=sasl)
    topics = Topics.of(settings)
    assert set(make_topics(settings)) == {spec.name for spec in specs(settings)}
    writer = producer(settings)
    writer.produce(topics.readings, b"one", partition=0)
    assert writer.flush(15) == 0
    fenced = producer(settings, transactional_id="t")
    fenced.init_transactions(15)
    with PartitionLog(settings, LogPlace(topics.readings, 0)) as log:
        assert (log.first, log.end) == (0, 1)
    follower = member(settings, "followers")
    follower.subscribe([topics.readings])
    message = follower.poll(15)
    assert message is not None
    assert message.value() == b"one"
    follower.close()


@pytest.mark.parametrize("sasl", ["plain", "scram_sha_512"])
def test_a_wrong_secret_is_said_at_once(
    secured: KafkaCluster, certificates: Certificates, tmp_path: Path, sasl: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(secured, certificates, tmp_path, sasl=sasl, password="wrong-secret")
    with pytest.raises(KafkaRefusedError, match=r"does not accept the name and password.* \(as li\)") as refused:
        admin(settings, timeout_s=10)
    assert not refused.value.retry
    assert "wrong-secret" not in str(refused.value) + caplog.text


def test_a_log_that_is_not_let_in_gives_up_in_time(
    secured: KafkaCluster, certificates: Certificates, tmp_path: Path
) -> None:
    settings = settings_for(secured, certificates, tmp_path, sasl="plain", password="wrong-secret")
    with PartitionLog(settings, LogPlace("t", 0), timeout_s=1) as log, pytest.raises(KafkaAwayError, match="for 1 s"):
        _ = log.end


def test_a_server_that_is_not_trusted_is_said(
    secured: KafkaCluster, certificates: Certificates, tmp_path: Path
) -> None:
    other = make_certificates(tmp_path / "other")
    settings = settings_for(secured, other, tmp_path, sasl="plain")
    with pytest.raises(KafkaRefusedError, match="TLS: a certificate is not trusted"):
        admin(settings, timeout_s=10)


def test_faust_gets_the_same_security(
    secured: KafkaCluster, certificates: Certificates, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Through aiokafka with the options that Faust's driver makes of the credentials."""
    import asyncio

    import faust
    from aiokafka import AIOKafkaProducer
    from aiokafka.errors import KafkaError
    from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

    from tocsin.kafka.client import faust_options

    caplog.set_level(logging.ERROR, logger="aiokafka")  # Whatever else ran in this process may have hushed it.
    right = settings_for(secured, certificates, tmp_path, sasl="scram_sha_512")
    (tmp_path / "other").mkdir()
    wrong = settings_for(secured, certificates, tmp_path / "other", sasl="scram_sha_512", password="wrong-secret")
    make_topics(right)

    async def send(settings: KafkaSettings) -> int:
        options = faust_options(settings)
        app = faust.App("test", **options)
        auth = credentials_to_aiokafka_auth(app.conf.broker_credentials, app.conf.ssl_context)
        addresses = [f"{url.host}:{url.port}" for url in app.conf.broker]
        client = AIOKafkaProducer(bootstrap_servers=addresses, **auth)
        await client.start()
        try:
            sent = await client.send_and_wait(Topics.of(right).steps, b"x", partition=0)
            return int(sent.offset)
        finally:
            await client.stop()

    assert asyncio.run(send(right)) == 0
    with pytest.raises(KafkaError):
        asyncio.run(send(wrong))
    assert "SaslAuthenticationFailed" in caplog.text
    assert "wrong-secret" not in caplog.text


def test_a_certificate_of_our_own_gets_in(certificates: Certificates, tmp_path: Path) -> None:
    """TLS without SASL: who shows no certificate is refused."""
    with running_kafka(tmp_path, access=Access(certificates, {})) as cluster:
        without = cluster.settings("t.", 1, bootstrap=cluster.secure_bootstrap, security="tls", ca_file=certificates.ca)
        with pytest.raises(KafkaRefusedError, match="a certificate is not trusted, missing"):
            admin(without, timeout_s=10)
        own = {"cert_file": certificates.client_cert, "key_file": certificates.client_key}
        assert make_topics(without.model_copy(update=own))


def test_topics_are_made_once(secured: KafkaCluster) -> None:
    settings = secured.settings(f"{uuid4().hex}.", 2)
    assert len(make_topics(settings)) == len(specs(settings))
    assert make_topics(settings) == []
    check_partitions(settings)


def test_another_number_of_partitions_is_refused(secured: KafkaCluster) -> None:
    settings = secured.topics(f"{uuid4().hex}.", 2)
    with pytest.raises(KafkaTopicError, match="has 2 partitions, by the settings it is 3"):
        make_topics(settings.model_copy(update={"partitions": 3}))
    with pytest.raises(KafkaTopicError, match="is not there"):
        check_partitions(secured.settings(f"{uuid4().hex}.", 2))


def test_nobody_there_is_said_with_the_address() -> None:
    pytest.importorskip("confluent_kafka", reason="the extra `cluster` is not installed: confluent-kafka is missing")
    settings = KafkaSettings.model_validate({"bootstrap": f"127.0.0.1:{free_port()}"})
    with pytest.raises(KafkaAwayError, match=r"Kafka at 127\.0\.0\.1:\d+ does not answer") as away:
        admin(settings, timeout_s=1)
    assert away.value.retry


def test_a_password_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    pytest.importorskip("confluent_kafka", reason="the extra `cluster` is not installed: confluent-kafka is missing")
    file = tmp_path / "none"
    settings = KafkaSettings.model_validate(
        {"bootstrap": "127.0.0.1:1", "security": "sasl_plaintext", "username": "li", "password_file": file}
    )
    with pytest.raises(InputError, match="the password can't be read"):
        reader(settings)


def test_what_is_missing_is_said_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'tocsin\[cluster\]'"):
        producer(KafkaSettings.model_validate({"bootstrap": "127.0.0.1:1"}))


def test_a_producer_waits_while_the_broker_hangs(secured: KafkaCluster) -> None:
    settings = secured.topics(f"{uuid4().hex}.", 1)
    place = LogPlace(Topics.of(settings).readings, 0)
    writer = producer(settings)
    secured.pause()
    try:
        for i in range(50):
            writer.produce(place.topic, b"%d" % i, partition=0)
        assert writer.flush(0.5) == 50
    finally:
        secured.proceed()
    assert writer.flush(30) == 0
    consumer = reader(settings)
    from confluent_kafka import TopicPartition

    consumer.assign([TopicPartition(*place, 0)])
    assert [message.value() for message in consumer.consume(50, 15)] == [b"%d" % i for i in range(50)]
    consumer.close()


def test_who_is_fenced_is_told_so(secured: KafkaCluster) -> None:
    from confluent_kafka import KafkaException

    from tocsin.kafka.client import clear

    settings = secured.topics(f"{uuid4().hex}.", 1)
    first = producer(settings, transactional_id="p0")
    first.init_transactions(15)
    first.begin_transaction()
    second = producer(settings, transactional_id="p0")
    second.init_transactions(15)
    first.produce(Topics.of(settings).steps, b"x", partition=0)
    with pytest.raises(KafkaException) as fenced:
        first.commit_transaction(15)
    assert isinstance(clear(settings, fenced.value), FencedError)


def test_the_members_of_a_group_divide_the_partitions(secured: KafkaCluster) -> None:
    settings = secured.topics(f"{uuid4().hex}.", 4, session_s=1.0)
    topic = Topics.of(settings).readings
    held: list[set[int]] = [set(), set()]
    settled = threading.Event()

    def look() -> None:
        if len(held[0]) == len(held[1]) == 2 and len(held[0] | held[1]) == 4:
            settled.set()

    consumers = [member(settings, "g") for _ in held]
    for mine, consumer in zip(held, consumers, strict=True):

        def came(_: object, parts: list, mine: set[int] = mine) -> None:  # type: ignore[type-arg]
            mine.update(part.partition for part in parts)
            look()

        def went(_: object, parts: list, mine: set[int] = mine) -> None:  # type: ignore[type-arg]
            mine.difference_update(part.partition for part in parts)
            look()

        consumer.subscribe([topic], on_assign=came, on_revoke=went)
    for _ in range(200):
        for consumer in consumers:
            consumer.poll(0.05)
        if settled.is_set():
            break
    assert settled.is_set()
    for consumer in consumers:
        consumer.close()
