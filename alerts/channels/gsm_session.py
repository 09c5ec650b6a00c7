"""One GSM modem on a serial device, blocking, through gsmmodem; its status reports and received messages collected."""

import contextlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from alerts.channels.settings import MissingExtraError

_PROMPT_S: Final = 5.0
_CTRL_Z: Final = "\x1a"
_KEPT: Final = 10_000
_OUTSIDE_UCS2: Final = "〓"


class ModemError(Exception):
    """The modem refused or did not answer. `code` is that of +CMS ERROR, 0 where there was none."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Line:
    """How to reach the modem."""

    device: str
    baud: int
    pin: str | None
    flow_control: bool
    timeout_s: float
    receive: bool


class Received(NamedTuple):
    """A short message from somebody."""

    phone: str
    text: str


class GsmSession:
    """`states` and `received` are filled by the library's threads."""

    def __init__(self, line: Line) -> None:
        """MissingExtraError without the library."""
        try:
            import gsmmodem.exceptions
            import gsmmodem.modem
            import gsmmodem.pdu
            import gsmmodem.serial_comms
            import serial
        except ImportError:
            raise MissingExtraError("Channels of kind gsm_modem", "modem") from None
        self._line = line
        self._library: Any = gsmmodem
        self._serial: Any = serial
        self._modem: Any = None
        self._owner: dict[int, str] = {}
        self.states: OrderedDict[str, tuple[bool, str]] = OrderedDict()
        """Message id -> whether it arrived, and the status as the network gives it."""
        self.received: list[Received] = []

    def submit(self, number: str, text: str, now_ms: int) -> list[str]:
        """Send a text, in as many parts as it needs; returns an id for each. ModemError says why not."""
        plain = "".join(_OUTSIDE_UCS2 if ord(char) > 0xFFFF else char for char in text)
        try:
            modem = self._connected()
            pdus = self._library.pdu.encodeSmsSubmitPdu(
                number, plain, reference=now_ms % 256, requestStatusReport=self._line.receive
            )
            return [self._submit(modem, pdu, now_ms) for pdu in pdus]
        except self._library.exceptions.CmsError as error:
            raise ModemError(int(error.code), f"+CMS ERROR {error}") from None
        except self._library.exceptions.TimeoutException:
            self.close()
            raise ModemError(0, "the modem does not answer") from None
        except Exception as error:
            self.close()
            raise ModemError(0, f"{type(error).__name__}: {error}") from None

    def close(self) -> None:
        modem, self._modem = self._modem, None
        if modem is not None:
            with contextlib.suppress(Exception):
                modem.close()

    def watch(self) -> None:
        """Connect where it is not connected: so reports and replies come also while nothing is sent."""
        with contextlib.suppress(Exception):
            self._connected()

    def _submit(self, modem: Any, pdu: Any, now_ms: int) -> str:
        # Held over both commands: a thread of the library that reads a message in between would write into the PDU.
        with modem._txLock:
            prompt_s = min(_PROMPT_S, self._line.timeout_s)
            modem.write(f"AT+CMGS={pdu.tpduLength}", timeout=prompt_s, expectedResponseTermSeq="> ")
            answer = modem.write(str(pdu), timeout=self._line.timeout_s, writeTerm=_CTRL_Z)
        line = next((line for line in answer if line.startswith("+CMGS:")), None)
        if line is None:
            raise ModemError(0, "the modem's answer to AT+CMGS has no reference")
        reference = int(line[6:].split(",")[0])
        message_id = f"{reference}.{now_ms}"
        self._owner[reference] = message_id
        return message_id

    def _connected(self) -> Any:
        if self._modem is not None and self._modem.alive:
            return self._modem
        self.close()
        modem = _modem_class(self._library, self._serial, self._line)(
            self._line.device,
            self._line.baud,
            smsReceivedCallbackFunc=self._take_message,
            smsStatusReportCallback=self._take_report,
            requestDelivery=self._line.receive,
        )
        # At DEBUG the library logs whole messages.
        modem.log.setLevel("ERROR")
        self._modem = modem
        modem.connect(self._line.pin)
        return modem

    def _take_report(self, report: Any) -> None:
        """A status report (3GPP TS 23.040, 9.2.3.15): below 0x20 it arrived, below 0x40 the network still tries."""
        status = int(report.deliveryStatus)
        owner = self._owner.get(int(report.reference))
        if owner is not None and not 0x20 <= status < 0x40:
            self.states[owner] = status < 0x20, f"TP-ST 0x{status:02X}"
            while len(self.states) > _KEPT:
                self.states.popitem(last=False)

    def _take_message(self, message: Any) -> None:
        if len(self.received) < _KEPT:
            self.received.append(Received(str(message.number), str(message.text)))


def _modem_class(library: Any, serial: Any, line: Line) -> Any:
    """The library's modem, but opened without hardware flow control where the settings say so: the library always
    asks for it, and a modem on three wires then gets not a byte.
    """

    class Port(library.serial_comms.SerialComms):  # type: ignore[misc]
        timeout = 0.2

        def connect(self) -> None:
            self.serial = serial.Serial(
                port=self.port,
                baudrate=self.baudrate,
                timeout=self.timeout,
                write_timeout=line.timeout_s,
                rtscts=line.flow_control,
                dsrdtr=line.flow_control,
            )
            self.alive = True
            self.rxThread = library.serial_comms.threading.Thread(target=self._readLoop, daemon=True)
            self.rxThread.start()

    class Modem(library.modem.GsmModem, Port):  # type: ignore[misc]
        pass

    return Modem
