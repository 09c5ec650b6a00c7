"""Bare MQTT 3.1.1 for a publisher that must never be the bottleneck: packets of bytes, several in one write."""

import socket


def packet(first: int, body: bytes) -> bytes:
    """A packet with its fixed header."""
    length, head = len(body), bytearray([first])
    while True:
        length, digit = divmod(length, 128)
        head.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def publish(topic: bytes, packet_id: int, payload: bytes) -> bytes:
    """A PUBLISH of QoS 1."""
    return packet(0x32, len(topic).to_bytes(2, "big") + topic + packet_id.to_bytes(2, "big") + payload)


class Publisher:
    """One connection that counts its PUBACKs instead of looking at them."""

    def __init__(self, port: int, client_id: str, window: int = 5_000) -> None:
        """No more than `window` messages stay unanswered. OSError if the broker can't be reached."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = client_id.encode()
        self._socket.sendall(packet(0x10, b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name))
        if self._socket.recv(4)[3:] != b"\x00":
            raise ConnectionRefusedError(f"the broker on port {port} refuses {client_id}")
        self._window_bytes = window * 4
        self._owed_bytes = 0

    def write(self, packets: bytes, count: int) -> None:
        """Write `count` PUBLISH packets; then wait until no more than the window is unanswered."""
        self._socket.sendall(packets)
        self._owed_bytes += 4 * count
        self._wait(self._window_bytes)

    def close(self) -> None:
        """Wait for the last PUBACK, disconnect."""
        self._wait(0)
        self._socket.sendall(b"\xe0\x00")
        self._socket.close()

    def _wait(self, most_bytes: int) -> None:
        while self._owed_bytes > most_bytes:
            answered = len(self._socket.recv(1 << 16))
            if not answered:
                raise ConnectionError("the broker closed the publisher's connection")
            self._owed_bytes -= answered
