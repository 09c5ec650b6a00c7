"""A GSM modem on a pseudo terminal: answers AT commands, takes PDUs, sends status reports and messages."""

import contextlib
import os
import pty
import re
import threading
import tty
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from support.standins.harness import Script

from alerts.channels.gsm_modem import GsmModem, GsmModemSettings
from alerts.channels.sms_parts import read_part

PIN = "4711"


class Sent(NamedTuple):
    number: str
    ucs2: bool
    header: bool
    octets: bytes
    reference: int
    report: bool


class Modem:
    """A context manager. `device` is what a channel opens."""

    def __init__(self, folder: Path, pin: str | None = None) -> None:
        self.script: Script = "ok"
        self.sent: list[Sent] = []
        self.commands: list[str] = []
        self.faults: list[str] = []
        self.code = 0
        """+CMS ERROR for every message, where it is not 0."""
        self.released = threading.Event()
        self.device = folder / "modem"
        self._pin = pin
        self._locked = pin is not None
        self._stored: dict[int, str] = {}
        self._reference = 250
        self._write_lock = threading.Lock()
        self._ended = False
        self._plug_in()

    def _plug_in(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.device.unlink(missing_ok=True)
        self.device.symlink_to(os.ttyname(self._slave))
        threading.Thread(target=self._serve, args=(self._master,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended = True
        self.released.set()
        self._unplug()

    def _unplug(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._slave)
        with contextlib.suppress(OSError):
            os.close(self._master)

    def play(self, script: Script) -> None:
        if script == "slow":
            self.released.clear()
        else:
            self.released.set()
        if self.script == "hang_up":
            self._plug_in()
        self.script = script

    def report(self, reference: int, number: str, status: int) -> None:
        """A status report comes in: stored, then told of."""
        self._stored[5] = f"0006{reference:02X}{_address(number)}{_TIME}{_TIME}{status:02X}"
        self._say('+CDSI: "SM",5\r\n')

    def reply(self, number: str, text: str) -> None:
        """A short message comes in: stored, then told of."""
        body = text.encode("utf-16-be")
        self._stored[6] = f"0004{_address(number)}0008{_TIME}{len(body):02X}{body.hex().upper()}"
        self._say('+CMTI: "SM",6\r\n')

    def texts(self) -> list[str]:
        """What handsets show: parts with one reference joined."""
        found: dict[object, str] = {}
        for n, one in enumerate(self.sent):
            key = (one.number, one.octets[:5]) if one.header else n
            found[key] = found.get(key, "") + read_part(one.octets, "ucs2" if one.ucs2 else "gsm7", one.header)
        return list(found.values())

    def _say(self, text: str) -> None:
        with self._write_lock, contextlib.suppress(OSError):
            os.write(self._master, text.encode())

    def _serve(self, master: int) -> None:
        buffer, pdu = "", False
        with contextlib.suppress(OSError):
            while not self._ended:
                buffer += os.read(master, 4096).decode("ascii", "replace")
                while (end := re.search("\x1a" if pdu else "\r", buffer)) is not None:
                    line, buffer = buffer[: end.start()], buffer[end.end() :]
                    pdu = self._take_pdu(line) if pdu else self._take(line.strip("\n\x1b"))

    def _take(self, command: str) -> bool:
        """Answer a command; whether a PDU comes next."""
        self.commands.append(command)
        if command.startswith("AT+CMGS="):
            self._say("\r\n> ")
            return True
        if command.startswith("AT+CPIN="):
            self._locked = command != f'AT+CPIN="{self._pin}"'
            self._say("\r\n+CME ERROR: 16\r\n" if self._locked else "\r\nOK\r\n")
            return False
        stored = re.fullmatch(r"AT\+CMG([RD])=(\d+)(,0)?", command)
        if stored and stored[1] == "R":
            pdu = self._stored[int(stored[2])]
            self._say(f"\r\n+CMGR: 0,,{len(pdu) // 2 - 1}\r\n{pdu}\r\n\r\nOK\r\n")
            return False
        answer = {
            "AT+CPIN?": "+CPIN: SIM PIN" if self._locked else "+CPIN: READY",
            "AT+CFUN?": "+CFUN: 1",
            "AT+CGMI": "STANDIN",
            "AT+CSCA?": '+CSCA: "+8613800100500",145',
            "AT+CPMS=?": '+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")',
        }.get(command, "")
        if command in ("AT+CLAC", "AT+WIND?", "AT+ZPAS?"):
            self._say("\r\nERROR\r\n")
        else:
            self._say((f"\r\n{answer}\r\n" if answer else "") + "\r\nOK\r\n")
        return False

    def _take_pdu(self, line: str) -> bool:
        if self.script == "slow":
            self.released.wait(20)
            return False
        if self.script == "hang_up":
            self._unplug()
            raise OSError("unplugged")
        code = {"error": 500, "throttled": 42}.get(self.script, self.code)
        if self.script == "nonsense":
            self._say("\r\n%%%\r\nOK\r\n")
        elif code:
            self._say(f"\r\n+CMS ERROR: {code}\r\n")
        else:
            self._reference = (self._reference + 1) % 256
            self.sent.append(self._read(bytes.fromhex(line.strip()), int(self.commands[-1].partition("=")[2])))
            self._say(f"\r\n+CMGS: {self._reference}\r\n\r\nOK\r\n")
        return False

    def _read(self, pdu: bytes, length: int) -> Sent:
        """An SMS-SUBMIT (3GPP TS 23.040, 9.2.2.2) after the length of the centre's address, 0."""
        tpdu = pdu[1 + pdu[0] :]
        if len(tpdu) != length:
            self.faults.append(f"{len(tpdu)} octets, announced were {length}")
        digits = tpdu[2]
        end = 4 + (digits + 1) // 2
        number = "".join(f"{octet & 15:X}{octet >> 4:X}" for octet in tpdu[4:end])[:digits]
        plus = "+" if tpdu[3] == 0x91 else ""
        coding, user_length, octets = tpdu[end + 1], tpdu[end + 2], tpdu[end + 3 :]
        header = bool(tpdu[0] & 0x40)
        if coding == 8:
            if user_length != len(octets) or user_length > 140:
                self.faults.append(f"{len(octets)} octets of user data, {user_length} said")
        else:
            number_of_bits = int.from_bytes(octets, "little")
            septets = bytes((number_of_bits >> (7 * n)) & 0x7F for n in range(user_length))
            skip = (8 * (octets[0] + 1) + 6) // 7 if header else 0
            octets = octets[: octets[0] + 1] + septets[skip:] if header else septets
        return Sent(plus + number, coding == 8, header, octets, self._reference, bool(tpdu[0] & 0x20))


_TIME = "62112280000023"


def _address(number: str) -> str:
    digits = number.removeprefix("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[n + 1] + padded[n] for n in range(0, len(padded), 2))
    return f"{len(digits):02X}91{swapped}"


def settings(device: Path, **changes: Any) -> GsmModemSettings:
    return GsmModemSettings.model_validate({"kind": "gsm_modem", "name": "modem", "device": device, **changes})


class ModemHarness:
    plays: frozenset[Script] = frozenset({"error", "throttled", "slow", "nonsense", "hang_up"})
    words = True
    links = True
    secrets: tuple[str, ...] = ("13800001234",)

    def __init__(self, folder: Path) -> None:
        self.modem = Modem(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.modem.__exit__(kind, error, at)

    def channel(self, timeout_s: float = 5.0) -> GsmModem:
        return settings(self.modem.device, timeout_s=timeout_s).open()

    def play(self, script: Script) -> None:
        self.modem.play(script)

    def told(self) -> list[str]:
        return self.modem.texts()

    def complaints(self) -> list[str]:
        return self.modem.faults
