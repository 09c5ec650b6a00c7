"""The drill of a district-wide incident: what happens, and what people do about it. Everything that is left of it."""

import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.publish as publish
from support.answers_process import AnswersProcess
from support.command import tocsin
from support.district import SCENARIO, write_district
from support.district_standins import Heard, Providers
from support.live import TOCSIN, Live, running_broker
from support.mosquitto import Mosquitto, free_port
from support.slow_routing import SlowRouting
from support.waiting import eventually

from alerts.links import Links, read_link_secrets
from alerts.place import Place
from alerts.routes.schema import Who
from plant.entries import Entry, OperatorAction
from rules.events import AlarmEvent
from tocsin.book import Outbox
from tocsin.book.outbox_reader import OwedCall, Proof
from tocsin.clock import SystemClock
from tocsin.log.layout import BOOK

LATE_MS = 900_000
LAST_WORDS_S = 8.0
_LOOK_EVERY_S = 0.2
"""Reading the whole book is work."""
_LINK = re.compile(r"http://127\.0\.0\.1:\d+(/a/[\w-]+)")
_CLOCK = SystemClock()
PLACE = Place("site")


@dataclass
class Drilled:
    """What a drill leaves behind. Times are ms."""

    live: Live
    routing: SlowRouting
    entries: list[Entry] = field(default_factory=list)
    events: list[AlarmEvent] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    calls: list[OwedCall] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stopped_at: int = 0
    ready_at: int = 0
    """When the service was there again after it was killed."""
    back_at: dict[str, int] = field(default_factory=dict)
    """When a channel's provider was well again."""
    ended_at: int = 0

    @property
    def answers(self) -> list[OperatorAction]:
        return [entry for entry in self.entries if isinstance(entry, OperatorAction) and entry.action == "acknowledge"]

    def alarm(self, subject: str) -> str:
        """The real-time gas alarm of a point."""
        return alarm_of(self.events, subject)


def play(folder: Path) -> Drilled:
    """Run it; ends every process that it starts."""
    with ExitStack() as stack:
        broker = stack.enter_context(running_broker(folder / "broker"))
        return _Drill(folder, broker, stack).run()


class _Drill:
    def __init__(self, folder: Path, broker: Mosquitto, stack: ExitStack) -> None:
        self.folder, self.broker, self.stack = folder, broker, stack
        site = folder / "service" / "site"
        write_district(site, datetime.fromtimestamp(_CLOCK.now_ms() / 1000, UTC))
        self.routing = SlowRouting(site)
        self.providers = stack.enter_context(Providers(folder / "providers", broker, self.routing.contacts))
        (folder / "service" / "links").write_text("0123456789abcdef" * 2 + "\n")
        port = free_port()
        answers = (
            f'[answers]\npublic_url = "http://127.0.0.1:{port}"\nlisten = "127.0.0.1:{port}"\nsecret_file = "links"\n'
        )
        self.links = Links(read_link_secrets(folder / "service" / "links"), "", 3600.0)
        settings = answers + self.providers.settings()
        self.live = stack.enter_context(Live(folder / "service", broker.port, settings=settings))
        write_district(site, datetime.fromtimestamp(_CLOCK.now_ms() / 1000, UTC))
        self.answers_port = port
        self.drilled = Drilled(self.live, self.routing)

    def run(self) -> Drilled:
        live, providers = self.live, self.providers
        providers.smsc.play("hang_up")
        providers.am.play("throttled")
        live.start()
        self.answers = AnswersProcess(live, self.answers_port)
        self.stack.callback(self.answers.stop)
        self.upload_late()
        self.simulate()
        self.providers_recover()
        self.people_answer()
        self.killed_and_started()
        self.centre_answers()
        self.end()
        return self.drilled

    def upload_late(self) -> None:
        """A device sends what it measured a quarter of an hour ago: a red alarm, and a yellow one."""
        began_ms = _CLOCK.now_ms() - LATE_MS
        rows = [(0, 1.0, 2.0), (1, 85.0, 60.0), (2, 85.0, 60.0), (3, 2.0, 2.0)]
        messages = [{"ts": began_ms + s * 1000, "values": {"E23-G1": gas, "E23-C1": co}} for s, gas, co in rows]
        self.publish("tocsin/v1/E23/E23-D1/up", *messages)
        self.until(
            lambda: self.booked("raised", "E23-C1") and self.booked("raised", "E23-G1"), "the late upload is booked"
        )

    def publish(self, topic: str, *messages: object) -> None:
        publish.multiple(
            [(topic, json.dumps(message), 1, False) for message in messages],
            hostname="127.0.0.1",
            port=self.broker.port,
        )

    def simulate(self) -> None:
        scenario = self.folder / "district.yaml"
        scenario.write_text(SCENARIO, encoding="utf-8")
        url = f"mqtt://127.0.0.1:{self.broker.port}"
        command = [str(TOCSIN), "simulate", str(scenario), "--site", str(self.live.site), "--mqtt", url]
        log = self.stack.enter_context((self.folder / "simulator.log").open("wb"))
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.stack.callback(process.wait, 20)
        self.stack.callback(process.terminate)

    def providers_recover(self) -> None:
        """Each after it was seen to fail."""
        self.until(lambda: ("am", "throttled") in self.attempts(), "the machine has put us off")
        self.providers.am.play("ok")
        self.drilled.back_at["am"] = _CLOCK.now_ms()
        self.until(lambda: ("smpp", "failed") in self.attempts(), "the centre has hung up")
        self.providers.smsc.play("ok")
        self.drilled.back_at["smpp"] = _CLOCK.now_ms()

    def people_answer(self) -> None:
        on_duty = next(iter(self.routing.people(Who(roster="centre-duty"), PLACE, _CLOCK.now_ms())))
        self.shelve("E09-G1")
        self.by_link(on_duty, "E02-G1")
        self.by_link("safety-E03", "E03-G1")
        self.by_message("safety-E04", "E04-G1")
        self.approve("E25-G1")

    def shelve(self, subject: str) -> None:
        self.until(lambda: self.booked("raised", subject), f"{subject} is raised")
        self.act("shelve", self.alarm(subject), "--by", "d1", "--for", "1h")

    def by_link(self, contact: str, subject: str) -> None:
        """The contact opens the links of what was sent until one shows the alarm, and acknowledges."""
        alarm = self.alarm(subject)

        def paths() -> list[str]:
            texts = [one.text for one in self.providers.heard() if one.contact == contact and subject in one.subjects]
            return [path for text in texts for path in _LINK.findall(text)]

        self.until(lambda: bool(paths()), f"{contact} has a link for {subject}")
        for path in paths():
            status, page = self.answers.get(path)
            assert status == 200, page
            if subject in page:
                fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
                status, page = self.answers.get(path, {**fields, "comment": "在路上"})
                assert status == 200, page
                break
        self.until(lambda: self.booked("acknowledged", subject), f"{contact} has acknowledged {alarm}")

    def by_message(self, contact: str, subject: str) -> None:
        """The contact sends back the code of a short message."""
        codes = {self.links.reply_code(contact, self.alarm(subject), level) for level in ("h", "hh")}

        def told() -> list[str]:
            return [
                code for one in self.providers.heard() if one.contact == contact for code in codes if code in one.text
            ]

        self.until(lambda: bool(told()), f"{contact} was told a code")
        self.providers.smsc.reply("86" + self.routing.contacts[contact]["phone"], f"收到 {told()[-1]}")
        self.until(lambda: self.booked("acknowledged", subject), f"the reply about {subject} was taken")

    def approve(self, subject: str) -> None:
        """The director lets the public broadcast go."""

        def held() -> list[str]:
            alarm = self.alarm(subject)
            return [call.key for call in self.calls() if call.state == "held" and call.alarm == alarm]

        self.until(lambda: bool(held()), f"a call over {subject} is held")
        self.act("notices", "approve", held()[0], "--by", "director")
        self.providers.wait("cap", subject)

    def killed_and_started(self) -> None:
        """While notices are on their way; a leak begins when nobody is there to see it."""
        self.providers.wait("sms", "E01-G1", contact="director")
        self.live.kill()
        self.drilled.stopped_at = _CLOCK.now_ms()
        self.live.start()
        self.drilled.ready_at = _CLOCK.now_ms()
        self.until(lambda: self.booked("upgraded", "E31-G1"), "the leak behind is found")
        self.until(lambda: self.booked("cleared", "E02-G1"), "one leak is over")

    def centre_answers(self) -> None:
        self.acknowledge("E03-G1", "E04-G1")
        alarm = self.alarm("E01-G1")
        self.until(
            lambda: any(c.alarm == alarm and c.purpose == "repeat" and c.state == "delivered" for c in self.calls()),
            "the director is told again",
        )
        self.acknowledge("E01-G1", "E13-G1", "E25-G1", "E31-G1")

    def acknowledge(self, *subjects: str) -> None:
        for subject in subjects:
            self.act("ack", self.alarm(subject), "--by", "director", "--comment", "handled")

    def act(self, *arguments: str) -> None:
        done = tocsin(*arguments, "--data", self.live.data)
        assert done.code == 0, done.err

    def end(self) -> None:
        """Stop when every urgent notice is out, or at least had its time."""
        drilled, live = self.drilled, self.live
        eventually(lambda: not any(call.state == "due" and call.urgent for call in self.calls()), LAST_WORDS_S)
        drilled.ended_at = _CLOCK.now_ms()
        assert live.stop(20.0) == 0, live.log
        drilled.entries, drilled.events = live.entries(), [event for _, event in live.booked()]
        drilled.calls, drilled.proofs = self.calls(), self.proofs()
        drilled.heard, drilled.faults = self.providers.heard(), self.providers.faults()

    # What is known of it meanwhile

    def until(self, holds: Callable[[], bool], what: str, within_s: float = 60.0) -> None:
        deadline_s, nap = _CLOCK.monotonic_s() + within_s, threading.Event()
        while not holds():
            assert _CLOCK.monotonic_s() < deadline_s, f"not so: {what}; {self.live.log[-3000:]}"
            nap.wait(_LOOK_EVERY_S)

    def booked(self, name: str, subject: str) -> bool:
        return any((event.event, event.subject) == (name, subject) for _, event in self.live.booked())

    def alarm(self, subject: str) -> str:
        def raised() -> list[str]:
            wanted = ("raised", "gas", subject)
            return [e.alarm for _, e in self.live.booked() if (e.event, e.rule, e.subject) == wanted]

        self.until(lambda: bool(raised()), f"{subject} has raised an alarm")
        (found,) = raised()
        return found

    def calls(self) -> list[OwedCall]:
        with self.outbox() as outbox:
            return outbox.calls(limit=100_000)

    def proofs(self) -> list[Proof]:
        with self.outbox() as outbox:
            return [proof for alarm in self.alarms() for proof in outbox.proof(alarm, 10_000)]

    def alarms(self) -> list[str]:
        return sorted({event.alarm for _, event in self.live.booked()})

    def attempts(self) -> set[tuple[str, str]]:
        return {(proof.channel, proof.result) for proof in self.proofs()}

    @contextmanager
    def outbox(self) -> Iterator[Outbox]:
        found = Outbox.open_for_reading(self.live.data / BOOK)
        try:
            yield found
        finally:
            found.close()


def alarm_of(events: list[AlarmEvent], subject: str) -> str:
    """The gas alarm of a point."""
    (found,) = [e.alarm for e in events if (e.event, e.rule, e.subject) == ("raised", "gas", subject)]
    return found
