"""A stand-in for every provider of a district, the settings that lead to them, and what each heard for whom when."""

import contextlib
import json
import re
import threading
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from support.mosquitto import Mosquitto
from support.standins import aliyun, mail, modem, smsc, tencent
from support.standins.cap import CapHarness
from support.standins.harness import Script
from support.standins.http_services import AlertmanagerHarness, AppriseHarness, HttpHarness, VoiceHarness
from support.standins.modem import Modem
from support.standins.mqtt_device import Siren
from support.standins.robots import DingTalkHarness, FeishuHarness, RobotHarness, WeComHarness
from support.standins.scripted_http import Reply, Request
from support.standins.smsc import Smsc
from support.webhook_receiver import SECRET, WebhookReceiver

from alerts.channels.sms_parts import read_part
from tocsin.clock import SystemClock

_SUBJECT = re.compile(r"E\d\d-[GC]\d")
_ENTERPRISE = re.compile(r"Works (E\d\d)")
_EVERY_S = 0.05


class Heard(NamedTuple):
    """A message that a provider has taken. `at_ms` is when it was seen there, at most 50 ms later."""

    channel: str
    contact: str
    at_ms: int
    text: str
    id: str = ""
    """The message's id, where the provider is told it."""

    @property
    def subjects(self) -> frozenset[str]:
        """Points that it names."""
        return frozenset(_SUBJECT.findall(self.text))

    @property
    def enterprises(self) -> frozenset[str]:
        """Those that it names, as it does to neighbours."""
        return frozenset(_ENTERPRISE.findall(self.text))


class _Taken(NamedTuple):
    who: str
    """A phone, an address or a contact."""
    text: str
    id: str = ""


class _Machine(AlertmanagerHarness):
    """Keeps what it has accepted, also the end of alerts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.bodies: list[str] = []
        self.refusals = 0

    def serve(self, request: Request, script: Script) -> Reply:
        reply = super().serve(request, script)
        if reply.status == 200:
            self.bodies.append(request.body.decode())
        else:
            self.refusals += 1
        return reply


class _Calls(VoiceHarness):
    """Keeps who was called."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.callees: list[str] = []

    def serve(self, request: Request, script: Script) -> Reply:
        self.callees.append(json.loads(request.body)["to"])
        return super().serve(request, script)


class Providers:
    """A context manager: every provider on 127.0.0.1, and a thread that notes when each has heard something."""

    def __init__(self, folder: Path, broker: Mosquitto, contacts: dict[str, dict[str, str]]) -> None:
        folder.mkdir()
        self._folder, self._broker, self._contacts = folder, broker, contacts
        self.aliyun, self.tencent = aliyun.Aliyun(per_day=1000), tencent.Tencent()
        self.smsc, self.modem, self.mail = Smsc(), Modem(folder), mail.MailServer()
        self.ding, self.wecom, self.feishu = (
            make(self._sub(name))
            for name, make in (("ding", DingTalkHarness), ("wecom", WeComHarness), ("feishu", FeishuHarness))
        )
        self.am, self.voice = _Machine(self._sub("am")), _Calls(self._sub("voice"))
        self.tail, self.cap = AppriseHarness(self._sub("tail")), CapHarness(self._sub("cap"))
        self.hook = WebhookReceiver()
        self.wall = folder / "wall.jsonl"
        self._seen: list[tuple[str, int, int]] = []
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._clock = SystemClock()
        self._open = contextlib.ExitStack()
        self._taken: dict[str, Callable[[], list[_Taken]]] = {
            "sms": lambda: [_Taken(one.phone, one.content, one.out_id) for one in list(self.aliyun.sent)],
            "sms2": lambda: [_Taken(one.phone, one.content, one.context) for one in list(self.tencent.sent)],
            "smpp": self._of_centre,
            "modem": self._of_modem,
            "mail": lambda: [
                _Taken(parseaddr(str(one["To"]))[1], mail.text_of(one), str(one["Message-ID"]))
                for one in list(self.mail.messages)
            ],
            "ding": lambda: self._of_robot(self.ding),
            "wecom": lambda: self._of_robot(self.wecom),
            "feishu": lambda: self._of_robot(self.feishu),
            "voice": lambda: [
                _Taken(*pair) for pair in zip(list(self.voice.callees), list(self.voice.messages), strict=False)
            ],
            "sirens": lambda: [
                _Taken(f"siren-{one['handle'].removeprefix('gate-')}", json.dumps(one), one["id"])
                for one in list(self.siren.commands)
            ],
            "hook": lambda: [
                _Taken("hook", json.dumps(one.event), one.id) for one in list(self.hook.received) if one.status == 204
            ],
            "am": lambda: [_Taken("am", body) for body in list(self.am.bodies)],
            "tail": lambda: [_Taken("tail", text) for text in list(self.tail.messages)],
            "cap": lambda: [_Taken("everybody", text) for text in list(self.cap.messages)],
            "wall": self._of_wall,
        }

    def _sub(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder

    def __enter__(self) -> Self:
        self.siren = Siren(self._broker.port)
        self._open.callback(self.siren.stop)
        services = (self.aliyun, self.tencent, self.smsc, self.modem, self.mail, self.ding, self.wecom, self.feishu)
        for service in (*services, self.am, self.voice, self.tail, self.cap, self.hook):
            self._open.enter_context(service)
        thread = threading.Thread(target=self._listen, daemon=True)
        thread.start()
        self._open.callback(thread.join, 10)
        self._open.callback(self._ended.set)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def settings(self) -> str:
        """`[[channel]]` of each, as lines of tocsin.toml."""
        folder = self._folder
        (folder / "hook").write_text(SECRET, encoding="ascii")
        (folder / "urls").write_text(
            f"json://user:{self.tail.secret}@{self.tail.service.url.removeprefix('http://')}/notify?rto=2&cto=2\n"
        )
        clouds = [
            aliyun.settings(self.aliyun.url, folder, per_recipient_day=1000),
            tencent.settings(self.tencent.url, folder, per_recipient_30_s=100),
            smsc.settings(self.smsc.port, folder),
            modem.settings(self.modem.device),
            mail.settings(self.mail.port),
        ]
        channels: list[dict[str, Any]] = [
            one.model_dump(mode="json", exclude_unset=True, by_alias=True) for one in clouds
        ]
        for channel, given in zip(channels, ("sms", "sms2", "smpp", "modem", "mail"), strict=True):
            channel["name"] = given
        channels += [
            _robot("dingtalk", "ding", self.ding) | {"secret_file": str(self.ding.secret_file)},
            _robot("wecom", "wecom", self.wecom),
            _robot("feishu", "feishu", self.feishu) | {"secret_file": str(self.feishu.secret_file)},
            _http("voice", "voice", self.voice)
            | {
                "url": f"{self.voice.service.url}/calls?callee={{phone}}",
                "headers": {"authorization": "Bearer {secret}"},
                "body": '{"to": "{phone}", "say": "{text}", "ref": "{id}"}',
                "secret_file": str(self.voice.secret_file),
                "success_path": "result.code",
                "success_values": ["OK"],
                "throttled_values": ["LIMIT"],
                "permanent_values": ["WRONG_NUMBER"],
                "id_path": "result.call_id",
            },
            _http("alertmanager", "am", self.am) | {"token_file": str(self.am.secret_file)},
            {"kind": "apprise", "name": "tail", "urls_file": str(folder / "urls"), "per_minute": 1000},
            _http("cap", "cap", self.cap)
            | {
                "token_file": str(self.cap.secret_file),
                "folder": str(folder / "cap-feed"),
                "sender": "alarms@example.org",
                "public": True,
            },
            {
                "kind": "mqtt",
                "name": "sirens",
                "url": f"mqtt://127.0.0.1:{self._broker.port}",
                "topic": "devices/{handle}/command",
                "reply_topic": "devices/{handle}/reply",
            },
            {
                "kind": "webhook",
                "name": "hook",
                "url": self.hook.url,
                "secret_file": str(folder / "hook"),
                "allow_private": True,
            },
            {"kind": "file", "name": "wall", "path": str(self.wall)},
        ]
        return "\n".join(_toml(channel) for channel in channels)

    def heard(self) -> list[Heard]:
        """All that was taken so far, in the order in which it was seen."""
        with self._changed:
            seen = list(self._seen)
        taken = {channel: take() for channel, take in self._taken.items()}
        found = []
        for channel, place, at_ms in seen:
            one = taken[channel][place]
            found.append(Heard(channel, self._contact(one.who), at_ms, one.text, one.id))
        return found

    def wait(self, channel: str, subject: str, word: str = "", contact: str = "", within_s: float = 60.0) -> Heard:
        """The first message over a channel that names the subject and holds the word."""

        def there() -> Heard | None:
            return next(
                (
                    one
                    for one in self.heard()
                    if one.channel == channel and subject in one.subjects and word in one.text
                    if contact in ("", one.contact)
                ),
                None,
            )

        with self._changed:
            assert self._changed.wait_for(lambda: there() is not None, within_s), (channel, subject, self.heard())
        found = there()
        assert found is not None
        return found

    def faults(self) -> list[str]:
        """What a provider would not have taken."""
        http: list[HttpHarness | RobotHarness] = [self.ding, self.wecom, self.feishu, self.am, self.voice]
        complaints = [complaint for one in (*http, self.tail, self.cap) for complaint in one.complaints()]
        complaints += [*self.aliyun.faults, *self.tencent.faults, *self.smsc.faults, *self.modem.faults]
        return [*complaints, *self.mail.faults, *self.hook.forged]

    def _listen(self) -> None:
        counts = dict.fromkeys(self._taken, 0)
        while not self._ended.wait(_EVERY_S):
            now_ms = self._clock.now_ms()
            for channel, take in self._taken.items():
                count = len(take())
                if count == counts[channel]:
                    continue
                with self._changed:
                    self._seen += [(channel, place, now_ms) for place in range(counts[channel], count)]
                    self._changed.notify_all()
                counts[channel] = count

    def _contact(self, who: str) -> str:
        """Whose phone or address it is."""
        digits = re.sub(r"\D", "", who)[-11:]
        for name, row in self._contacts.items():
            if who == name or row["email"] == who or (len(digits) == 11 and row["phone"] == digits):
                return name
        return who

    def _of_robot(self, robot: RobotHarness) -> list[_Taken]:
        """By the phone of who is mentioned."""
        found = []
        for form in list(robot.messages):
            raw = json.dumps(form)
            names = [name for name, row in self._contacts.items() if row["phone"] in raw]
            # Feishu knows nobody by phone: there its one person is meant.
            found.append(_Taken(names[0] if names else "leader-east", robot.text(form)))
        return found

    def _of_centre(self) -> list[_Taken]:
        parts: dict[object, tuple[str, str]] = {}
        for n, one in enumerate(list(self.smsc.submitted)):
            header = bool(one.esm_class & 0x40)
            key = (one.destination, one.octets[:5]) if header else n
            text = read_part(one.octets, "ucs2" if one.coding == 8 else "gsm7", header)
            parts[key] = (one.destination, parts.get(key, ("", ""))[1] + text)
        return [_Taken(*one) for one in parts.values()]

    def _of_modem(self) -> list[_Taken]:
        parts: dict[object, tuple[str, str]] = {}
        for n, one in enumerate(list(self.modem.sent)):
            key = (one.number, one.octets[:5]) if one.header else n
            text = read_part(one.octets, "ucs2" if one.ucs2 else "gsm7", one.header)
            parts[key] = (one.number, parts.get(key, ("", ""))[1] + text)
        return [_Taken(*one) for one in parts.values()]

    def _of_wall(self) -> list[_Taken]:
        if not self.wall.exists():
            return []
        lines = self.wall.read_text(encoding="utf-8").split("\n")[:-1]
        return [_Taken(json.loads(line)["contact"], line, json.loads(line)["id"]) for line in lines]


def _robot(kind: str, name: str, robot: RobotHarness) -> dict[str, Any]:
    return {"kind": kind, "name": name, "url_file": str(robot.url_file), "allow_private": True}


def _http(kind: str, name: str, service: HttpHarness) -> dict[str, Any]:
    return {"kind": kind, "name": name, "url": service.service.url, "allow_private": True}


def _toml(channel: dict[str, Any]) -> str:
    return "\n".join(["[[channel]]", *(f"{key} = {_value(value)}" for key, value in channel.items() if value != [])])


def _value(value: Any) -> str:
    """JSON's strings, numbers and words are TOML's, but for emoji in strings."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
