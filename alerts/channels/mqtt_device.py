"""Sirens, beacons and broadcast terminals by MQTT: a command counts as delivered once the device has confirmed it."""

import asyncio
import re
import ssl
from dataclasses import replace
from typing import Any, Final

from alerts.channels.mqtt_command import Said, command_of, command_payload, read_reply
from alerts.channels.mqtt_link import Link, LinkError, make_client
from alerts.channels.mqtt_settings import MqttDeviceSettings
from alerts.channels.port import ANSWER_BYTES, Limits, Notice, Outcome
from alerts.channels.settings import read_secret_line
from alerts.wording.facts import facts_of

_NO_HANDLE: Final = re.compile(r"[#+\x00]")


class MqttDeviceChannel:
    """One connection, made with the first command and again after it was lost."""

    def __init__(self, settings: MqttDeviceSettings) -> None:
        """Reads the password and certificates. ValueError if it can't."""
        self._settings = settings
        self._password = read_secret_line(settings.password_file) if settings.password_file is not None else None
        self._tls = _tls(settings) if settings.tls else None
        self._link: Link | None = None
        self._linking = asyncio.Lock()
        self._waiting: dict[str, asyncio.Future[Said]] = {}
        self._sounding: dict[str, dict[str, int]] = {}
        """Of each device the alarms for which it sounds, and until when (ms)."""

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def limits(self) -> Limits:
        """Several alarms are one command: of the gravest."""
        return Limits(concurrency=16, failover_after_s=30.0, give_up_after_s=600.0)

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Command the recipient's device, and wait for its reply."""
        settings = self._settings
        if notice.exercise and not settings.sound_in_exercise:
            return Outcome(True, answer="not sent: an exercise, and sound_in_exercise is off")
        recipient = notice.recipient
        handle = recipient.handles.get(self.name, recipient.contact) if recipient is not None else ""
        if not handle or _NO_HANDLE.search(handle) or len(handle) > 200:
            return Outcome(False, error="the contact's handle is no part of a topic", permanent=True)
        if command_of(notice) == "silence" and self._sounds_for_others(handle, notice, now_ms):
            return Outcome(True, answer="not sent: the device sounds for another alarm")
        try:
            outcome = await self._command(notice, handle, now_ms)
        except TimeoutError:
            return Outcome(False, error=f"no connection to the broker within {settings.confirm_s:g} s")
        except LinkError as error:
            return Outcome(False, error=str(error))
        if outcome.delivered:
            self._remember(handle, notice, now_ms)
        return outcome

    async def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _command(self, notice: Notice, handle: str, now_ms: int) -> Outcome:
        settings = self._settings
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + settings.confirm_s
        reply_topic = settings.reply_topic.replace("{handle}", handle)
        async with asyncio.timeout_at(deadline_s):
            link = await self._linked(reply_topic)
        waiting: asyncio.Future[Said] = loop.create_future()
        self._waiting[notice.id] = waiting
        try:
            taken = link.publish(
                settings.topic.replace("{handle}", handle),
                command_payload(settings, notice, handle, reply_topic, notice.id, now_ms),
                expires_s=settings.confirm_s,
                reply_topic=reply_topic,
                correlation=notice.id.encode(),
            )
            either: set[asyncio.Future[Any]] = {waiting, link.lost}
            await asyncio.wait(either, timeout=deadline_s - loop.time(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.pop(notice.id, None)
        if not waiting.done():
            if link.lost.done():
                raise LinkError(f"the connection to the broker was lost: {link.lost.result()}")
            if not taken():
                await link.close()  # else the command would go out whenever the broker wakes up
                raise LinkError(f"the broker has not taken the command within {settings.confirm_s:g} s")
            return Outcome(False, error=f"the device {handle} has not confirmed within {settings.confirm_s:g} s")
        said = waiting.result()
        answer = said.text.encode()[:ANSWER_BYTES].decode("utf-8", "ignore")
        outcome = Outcome(said.ok, answer=answer, provider_id=notice.id)
        if said.ok:
            return replace(outcome, receipt="confirmed")
        return replace(outcome, error=f"the device {handle} says that it did not do it")

    async def _linked(self, reply_topic: str) -> Link:
        """The connection, with replies on this topic heard."""
        async with self._linking:
            link = self._link
            if link is None or link.lost.done():
                self._link = None
                if link is not None:
                    await link.close()
                link = await self._connect()
                self._link = link
            await link.subscribe(reply_topic)
            return link

    async def _connect(self) -> Link:
        settings = self._settings
        client = make_client(
            settings.client_id,
            version_5=settings.protocol == "5",
            user=settings.user,
            password=self._password,
            tls=self._tls,
        )
        client.connect_timeout = settings.confirm_s
        link = Link(client, self._replied)
        try:
            await link.connect(*settings.address)
        except BaseException:
            await link.close()
            raise
        return link

    def _replied(self, _topic: str, payload: bytes, correlation: bytes | None) -> None:
        said = read_reply(self._settings, payload, correlation)
        waiting = self._waiting.get(said.id) if said is not None else None
        if said is not None and waiting is not None and not waiting.done():
            waiting.set_result(said)

    def _sounds_for_others(self, handle: str, notice: Notice, now_ms: int) -> bool:
        over = {facts_of(item).alarm for item in notice.items}
        alarms = {alarm: until for alarm, until in self._sounding.get(handle, {}).items() if until > now_ms}
        left = {alarm: until for alarm, until in alarms.items() if alarm not in over}
        if left:
            self._sounding[handle] = left
        return bool(left)

    def _remember(self, handle: str, notice: Notice, now_ms: int) -> None:
        if command_of(notice) != "sound":
            self._sounding.pop(handle, None)
            return
        until = now_ms + self._settings.duration_s * 1000
        alarms = {alarm: end for alarm, end in self._sounding.get(handle, {}).items() if end > now_ms}
        self._sounding[handle] = alarms | {facts_of(item).alarm: until for item in notice.items}


def _tls(settings: MqttDeviceSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except OSError as error:
        raise ValueError(f"the certificates can't be read: {error.strerror or error}") from None
    return context
