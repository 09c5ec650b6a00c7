"""One SMPP session, blocking: bound when needed, kept alive, its receipts and replies collected.

All of it runs on one thread.
"""

import contextlib
import re
import socket
import ssl
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from alerts.channels.settings import MissingExtraError
from alerts.channels.sms_parts import Coding, Part, read_part

_UDHI: Final = 0x40
_RECEIPT: Final = re.compile(rb"id:(?P<id>\S+).*?stat:(?P<stat>[A-Za-z]+)(?:.*?err:(?P<err>\S+))?", re.DOTALL)
_FINAL: Final = {
    "DELIVRD": True, "EXPIRED": False, "DELETED": False, "UNDELIV": False, "REJECTD": False,
    2: True, 3: False, 4: False, 5: False, 8: False,
}  # fmt: skip
"""Message states that do not change any more (SMPP 3.4, 5.2.28 and appendix B), and whether they are good."""
_CODINGS: Final = {"gsm7": 0, "ucs2": 8}
_KEPT: Final = 10_000
_MOST_BETWEEN: Final = 1000
_TELLING_ID: Final = 6
"""A shorter id, spelt otherwise, could be that of another message."""


class SmppError(Exception):
    """The centre refused. `status` is its command status, 0 where there was no answer at all."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Account:
    """Where and as whom to bind. `source` and `to` are addresses with type of number and numbering plan."""

    host: str
    port: int
    system_id: str
    password: str
    system_type: str
    source: str
    source_ton: int
    source_npi: int
    tls: ssl.SSLContext | None
    timeout_s: float
    receive: bool


class Received(NamedTuple):
    """A message from a handset: who sent it (as the centre writes numbers), and the text."""

    source: str
    text: str


class SmppSession:
    def __init__(self, account: Account) -> None:
        """MissingExtraError without the library."""
        try:
            import smpplib.client
            import smpplib.consts
            import smpplib.exceptions
        except ImportError:
            raise MissingExtraError("Channels of kind smpp", "smpp") from None
        self._account = account
        self._smpplib: Any = smpplib
        self._client: Any = None
        self._answers: dict[int, Any] = {}
        self._submitted: OrderedDict[str, None] = OrderedDict()
        self.states: OrderedDict[str, tuple[bool, str]] = OrderedDict()
        """Message id -> whether it arrived, and the centre's code."""
        self.received: list[Received] = []

    def submit(self, part: Part, destination: str, ton: int, npi: int) -> str:
        """Hand over one short message; returns the centre's id of it. SmppError says why not."""
        account = self._account
        with self._failures_close():
            client = self._bound()
            sent = client.send_message(
                source_addr_ton=account.source_ton,
                source_addr_npi=account.source_npi,
                source_addr=account.source,
                dest_addr_ton=ton,
                dest_addr_npi=npi,
                destination_addr=destination,
                short_message=part.octets,
                data_coding=_CODINGS[part.coding],
                esm_class=_UDHI if part.header else 0,
                registered_delivery=account.receive,
            )
            answer = self._answer_to(sent.sequence)
        if answer.status:
            raise SmppError(answer.status, self._described(answer.status))
        message_id = _text(answer.message_id)
        self._submitted[message_id] = None
        while len(self._submitted) > _KEPT:
            self._submitted.popitem(last=False)
        return message_id

    def keep_alive(self, enquire: bool) -> None:
        """Take what has come; with `enquire`, ask whether the centre is there. Binds where it is not bound."""
        with contextlib.suppress(SmppError), self._failures_close():
            client = self._bound()
            if enquire:
                client.send_pdu(self._smpplib.smpp.make_pdu("enquire_link", client=client))
                client.read_once(auto_send_enquire_link=False)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.unbind()
            with contextlib.suppress(Exception):
                client.disconnect()

    def _bound(self) -> Any:
        """The client, bound, with nothing unread."""
        if self._client is not None:
            try:
                self._client.poll(auto_send_enquire_link=False)
            except Exception:
                self._drop()
        if self._client is None:
            self._client = self._connected()
        return self._client

    def _connected(self) -> Any:
        account = self._account
        # The library takes IPv4 only, and checks no certificate against a name.
        raw = socket.create_connection((account.host, account.port), account.timeout_s)
        raw.settimeout(account.timeout_s)
        try:
            stream = account.tls.wrap_socket(raw, server_hostname=account.host) if account.tls is not None else raw
        except BaseException:
            raw.close()
            raise
        client = self._smpplib.client.Client(
            account.host, account.port, timeout=account.timeout_s, allow_unknown_opt_params=True
        )
        # At DEBUG the library logs whole messages.
        client.logger.setLevel("ERROR")
        client._socket = stream
        client.state = self._smpplib.consts.SMPP_CLIENT_STATE_OPEN
        client.set_error_pdu_handler(lambda pdu: None)
        client.set_message_sent_handler(lambda pdu: self._answers.__setitem__(pdu.sequence, pdu))
        client.set_message_received_handler(self._take)
        bind = client.bind_transceiver if account.receive else client.bind_transmitter
        self._client = client
        bind(system_id=account.system_id, password=account.password, system_type=account.system_type)
        return client

    def _answer_to(self, sequence: int) -> Any:
        self._answers.clear()
        for _ in range(_MOST_BETWEEN):
            self._client.read_once(auto_send_enquire_link=False)
            if sequence in self._answers:
                return self._answers.pop(sequence)
        raise SmppError(0, "no answer to the message among many others")

    def _take(self, pdu: Any) -> None:
        """A receipt, or a message from a handset."""
        content = pdu.short_message or pdu.message_payload or b""
        if pdu.esm_class & 0x3C == 0x04:
            told = _RECEIPT.search(content)
            message_id = _text(pdu.receipted_message_id) or (_text(told["id"]) if told else "")
            state = pdu.message_state if pdu.message_state is not None else _text(told["stat"]) if told else ""
            if message_id and state in _FINAL:
                self.states[self._ours(message_id)] = _FINAL[state], _text(told["err"]) if told else ""
                while len(self.states) > _KEPT:
                    self.states.popitem(last=False)
        elif len(self.received) < _KEPT:
            coding: Coding = "ucs2" if pdu.data_coding == _CODINGS["ucs2"] else "gsm7"
            text = read_part(content, coding, bool(pdu.esm_class & _UDHI))
            self.received.append(Received(_text(pdu.source_addr), text))

    def _ours(self, message_id: str) -> str:
        """The id of a receipt as it was answered to the message; as it is where no message of ours has it."""
        if message_id in self._submitted or len(message_id) < _TELLING_ID:
            return message_id
        return next((spelt for spelt in same_ids(message_id) if spelt in self._submitted), message_id)

    @contextlib.contextmanager
    def _failures_close(self) -> Any:
        """Whatever goes wrong with the connection ends it; the next use binds anew."""
        try:
            yield
        except SmppError:
            self._drop()
            raise
        except self._smpplib.exceptions.PDUError as error:
            self._drop()
            status = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else 0
            raise SmppError(status, str(error.args[0]) if error.args else "a PDU that can't be read") from None
        except TimeoutError:
            self._drop()
            raise SmppError(0, f"no answer within {self._account.timeout_s:g} s") from None
        except Exception as error:
            self._drop()
            said = str(error) or "the centre hung up"
            raise SmppError(0, f"{type(error).__name__}: {said}") from None

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.state = self._smpplib.consts.SMPP_CLIENT_STATE_OPEN
                client.disconnect()

    def _described(self, status: int) -> str:
        said: Mapping[int, str] = self._smpplib.consts.DESCRIPTIONS
        return f"0x{status:08X} {said.get(status, 'a status of this centre')}"


def same_ids(message_id: str) -> set[str]:
    """How a centre may write the id of a message in its receipt: some answer in hexadecimal and report in decimal."""
    found = {message_id, message_id.upper(), message_id.lower(), message_id.lstrip("0")}
    if re.fullmatch(r"[0-9A-Fa-f]+", message_id):
        found |= {str(int(message_id, 16)), f"{int(message_id, 16):010d}"}
    if message_id.isdecimal():
        found |= {f"{int(message_id):x}", f"{int(message_id):X}", f"{int(message_id):010d}"}
    return found


def _text(value: bytes | str | None) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value or ""
