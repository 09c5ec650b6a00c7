"""The health and metrics server over real sockets: right answers, and no client that can hold it up."""

import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from tocsin.observe import Check, Metrics, ObserveServer, judge, listen_address
from tocsin.observe.health import Matters


class State:
    def __init__(self) -> None:
        self.checks = [Check("broker", True)]
        self.broken = False
        self.metrics = Metrics()

    def render(self) -> bytes:
        if self.broken:
            raise RuntimeError("broken")
        return self.metrics.render()


@pytest.fixture
def state() -> State:
    return State()


@pytest.fixture
def server(state: State) -> Iterator[ObserveServer]:
    made = ObserveServer(("127.0.0.1", 0), lambda: judge(state.checks), state.render, request_s=1.0)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def client(server: ObserveServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=10, trust_env=False) as made:
        yield made


def test_healthy_and_ready(client: httpx.Client) -> None:
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.json()["ready"] is True


def test_not_ready_says_why(client: httpx.Client, state: State) -> None:
    state.checks.append(Check("disk", False, "no room"))
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["disk: no room"]


def test_not_live(client: httpx.Client, state: State) -> None:
    state.checks.append(Check("engine", False, "its thread died", Matters.LIVE))
    assert client.get("/healthz").status_code == 503


def test_metrics(client: httpx.Client, state: State) -> None:
    state.metrics.readings.inc(7)
    answer = client.get("/metrics?x=1")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "tocsin_readings_total 7.0" in answer.text
    head = client.head("/metrics")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/../etc/passwd", "//metrics", "/tests"])
def test_there_is_nothing_else(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/healthz")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_failure_inside_is_an_answer(client: httpx.Client, state: State) -> None:
    state.broken = True
    assert client.get("/metrics").status_code == 500
    assert client.get("/healthz").status_code == 200


def test_slow_clients_hold_up_nobody_and_are_cut_off(server: ObserveServer, client: httpx.Client) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(20)]
    for one in slow:
        one.sendall(b"GET /heal")
    assert client.get("/healthz").status_code == 200
    for one in slow:
        assert one.recv(100) == b""
        one.close()


def test_more_clients_than_it_takes_are_turned_away_and_room_comes_back(server: ObserveServer) -> None:
    crowd = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(60)]
    for one in crowd:
        assert one.recv(100) == b""
        one.close()
    answers: list[int] = []
    url = f"http://127.0.0.1:{server.port}/healthz"
    asking = [
        threading.Thread(target=lambda: answers.append(httpx.get(url, trust_env=False).status_code)) for _ in range(4)
    ]
    for one_more in asking:
        one_more.start()
    for one_more in asking:
        one_more.join(10)
    assert answers == [200] * 4


def test_an_endless_request_line_is_refused(server: ObserveServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as rude:
        rude.sendall(b"GET /" + b"x" * 70_000)
        assert b"414" in rude.recv(1_000)


def test_a_taken_port_is_said_with_its_address(server: ObserveServer) -> None:
    with pytest.raises(OSError, match=f"can't listen on 127.0.0.1:{server.port}"):
        ObserveServer(("127.0.0.1", server.port), lambda: judge([]), lambda: b"")


def test_stopping_frees_the_port(state: State) -> None:
    first = ObserveServer(("127.0.0.1", 0), lambda: judge(state.checks), state.render)
    first.start()
    first.stop()
    second = ObserveServer(("127.0.0.1", first.port), lambda: judge(state.checks), state.render)
    second.stop()


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:9108", ("127.0.0.1", 9108)), ("[::1]:0", ("::1", 0)), ("localhost:65535", ("localhost", 65535))],
)
def test_listen_addresses(text: str, address: tuple[str, int]) -> None:
    assert listen_address(text) == address


@pytest.mark.parametrize("text", ["9108", "127.0.0.1", "127.0.0.1:", ":9108", "h:70000", "h:-1", "h:x"])
def test_what_is_no_address_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is no host:port"):
        listen_address(text)
