"""What no device should send, through the live service, between good readings: nothing is held up, all is seen."""

from pathlib import Path

from support.field import Field, left_at_broker
from support.hostile import FOREIGN_KEY, TOPIC, UNREADABLE, WITH_ONE_READING
from support.live import POINTS, Live, running_broker
from support.waiting import eventually
from support.webhook_receiver import WebhookReceiver

from ingest.reason import OF_OTHER_FORMS, Reason

STRANGE_TOPICS = ("tocsin/v1/nobody/D1/up", "tocsin/v1/../D1/up", "tocsin/v1//D1/up", "tocsin/v1/\u8b66\u949f/D1/up")

WRONG_VALUES = (b'{"values":{"E1-P1":"7.5"}}', b'{"values":{"E1-P1":true}}')


def test_the_hostile_corpus_between_good_readings(tmp_path: Path) -> None:
    with (
        running_broker(tmp_path / "broker") as broker,
        WebhookReceiver() as receiver,
        Live(tmp_path, broker.port, webhook=receiver.url) as live,
        Field(broker.port, POINTS[1:]) as field,
    ):
        live.start()
        sent = []
        corpus = [*UNREADABLE.values(), *WITH_ONE_READING.values(), *WRONG_VALUES]
        for n, payload in enumerate(corpus):
            field.publish(TOPIC, payload)
            sent.append(field.send(POINTS[1 + n % 7], 60.0 if n // 7 % 2 == 0 else 5.0))
        for topic in STRANGE_TOPICS:
            field.publish(topic, b'{"values":{"E1-P1":1}}')
        field.publish("tocsin/v1/E1/NEW/up", b'{"values":{"ch4_lel":3.5}}')
        field.settle()

        # Every good reading arrives and alarms, in spite of what stood before and behind it.
        good = {reading.value for reading in sent}
        assert eventually(lambda: good <= {reading.value for reading in live.readings()})
        assert eventually(lambda: len([e for _, e in live.booked() if e.subject != "E1-P1"]) == len(corpus))
        assert eventually(lambda: {event_id for event_id, _ in live.booked()} <= set(receiver.accepted))
        assert sum(reading.point == POINTS[0] for reading in live.readings()) == len(WITH_ONE_READING)
        assert not [reading for reading in live.readings() if reading.point == FOREIGN_KEY]

        # Nothing waits, and what was set aside is seen by its reason.
        assert eventually(lambda: live.metrics()["tocsin_unacknowledged_messages"] == 0)
        metrics = live.metrics()
        assert metrics['tocsin_messages_total{source="broker"}'] == 2 * len(corpus) + len(STRANGE_TOPICS) + 1
        counts = {reason: metrics[f'tocsin_quarantined_total{{reason="{reason.value}"}}'] for reason in Reason}
        assert {reason for reason, count in counts.items() if not count} == {Reason.CODEC_FAULT} | OF_OTHER_FORMS
        assert live.status("readyz") == live.status("healthz") == 200

        assert live.stop() == 0
        shown = live.tocsin("quarantine", "--data", str(live.data))
        assert shown.returncode == 0
        assert all(reason.value in shown.stdout for reason, count in counts.items() if count)
        unknown = live.tocsin("points", "unknown", "--data", str(live.data))
        assert "ch4_lel" in unknown.stdout
        assert not [c for c in shown.stdout + unknown.stdout if not c.isprintable() and c != "\n"]
        assert left_at_broker(broker.port) == []
        assert "Traceback" not in live.log
        # A restart keeps the counts.
        live.start()
        assert live.metrics()['tocsin_quarantined_total{reason="not_json"}'] == counts[Reason.NOT_JSON]
