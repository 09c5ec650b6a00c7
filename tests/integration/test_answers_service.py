"""Links, pages and the log with real processes: what is acknowledged on a page stands in the alarm book."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.answers_process import AnswersProcess
from support.field import Field
from support.live import TOCSIN, Live, running_broker
from support.mosquitto import Mosquitto, free_port
from support.waiting import eventually

from alerts.links import Links, read_link_secrets
from alerts.machine import State
from tocsin.book import BookReader
from tocsin.clock import SystemClock
from tocsin.log.layout import BOOK

CONTACTS = (
    "contact,name,role,region_or_enterprise,phone,email,channels\n"
    "duty,值班室,duty,,13800001234,,out\nli,李安,safety,E1,13800005678,,out\n"
)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path / "broker") as running:
        yield running


def test_an_alarm_is_acknowledged_on_its_page(tmp_path: Path, broker: Mosquitto) -> None:
    port = free_port()
    settings = (
        f'[answers]\nlisten = "127.0.0.1:{port}"\npublic_url = "http://127.0.0.1:{port}"\nsecret_file = "links"\n'
        'centre_phone = "12350"\ncallback_secret_file = "callback"\n'
        '[[channel]]\nkind = "aliyun_sms"\nname = "sms"\naccess_key_id = "LTAI1"\naccess_key_secret_file = "callback"\n'
        'sign_name = "东港应急"\n'
        '[[channel.template]]\ncode = "SMS_2"\nexercise = true\ntext = "演练：${where}"\nfields = {where = "where"}\n'
        '[[channel.template]]\ncode = "SMS_1"\ntext = "${where}"\nfields = {where = "where"}\n'
    )
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "links").write_text("0123456789abcdef" * 2 + "\n")
    (tmp_path / "live" / "callback").write_text("cb-0123456789\n")
    live = Live(tmp_path / "live", broker.port, settings=settings, webhook=f"http://127.0.0.1:{free_port()}")
    (live.site / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    links = Links(read_link_secrets(live.folder / "links"), "", 3600.0)
    with live, Field(broker.port, ("E1-P1",)) as field:
        live.start()
        field.send("E1-P1", 30.0)

        def open_alarms() -> list[str]:
            reader = BookReader.open_for_reading(live.data / BOOK)
            try:
                return [record.alarm for record in reader.alarms([State.ACTIVE_UNACKNOWLEDGED]) if record.rule == "gas"]
            finally:
                reader.close()

        assert eventually(lambda: bool(open_alarms()), 30.0)
        (alarm,) = open_alarms()
        answers = AnswersProcess(live, port)
        try:
            path = f"/a/{links.token('duty', alarm, 'h', SystemClock().now_ms())}"
            status, page = answers.get(path)
            assert status == 200
            assert "E1-P1" in page
            assert "25" in page
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
            status, page = answers.get(path, {**fields, "comment": "在路上"})
            assert status == 200, page
            assert "已记录您的确认" in page
            assert "在路上" in page
            reader = BookReader.open_for_reading(live.data / BOOK)
            record, acts = reader.alarm(alarm), reader.actions(alarm)
            reader.close()
            assert record is not None
            assert (record.state, record.acknowledged_by) == (State.ACTIVE_ACKNOWLEDGED, "duty")
            assert [(act.action.by, act.action.comment, act.refused) for act in acts] == [("duty", "在路上", None)]
            receipt = {
                "phone_number": "13800001234",
                "report_time": "2026-01-31 08:00:05",
                "success": True,
                "biz_id": "9",
            }
            assert answers.push("/callbacks/sms/cb-0123456789", [receipt]) == (200, '{"code":0,"msg":"接收成功"}')
            live.stop()
            assert answers.push("/callbacks/sms/cb-0123456789", [receipt])[0] == 503
            other = f"/a/{links.token('li', alarm, 'h', SystemClock().now_ms())}"
            assert answers.get(other)[0] == 200, "the book can be read without the service"
        finally:
            code, said = answers.stop()
        assert code == 0
        assert path.removeprefix("/a/").encode() not in said, "a link's proof is never logged"


def test_wrong_settings_are_told_on_one_line(tmp_path: Path) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text('site = "s"\n')
    missing = subprocess.run([TOCSIN, "answers", "--config", config], capture_output=True, text=True, check=False)
    assert missing.returncode == 2
    assert missing.stderr == f"{config}:1: answers: is missing: needed is a section [answers]\n"
    config.write_text('site = "s"\n[answers]\npublic_url = "http://a"\nsecret_file = "links"\n')
    (tmp_path / "links").write_text("short\n")
    short = subprocess.run([TOCSIN, "answers", "--config", config], capture_output=True, text=True, check=False)
    assert short.returncode == 2
    assert "links:1: the secret is too short" in short.stderr
    assert len(short.stderr.splitlines()) == 1
