"""A stream cut anywhere gives the same packets; damage costs what is damaged; nothing grows without bound."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.tcp_framing import MAX_DAMAGED, MAX_GARBAGE_BYTES, Cutter, Heard, TcpForm, framing_of
from simulators.wire import gb26875, hj212

AT_MS = 1_732_190_000_000
LONGEST = 2_000

values = st.floats(-3000, 3000).map(lambda value: round(value, 1))
hj212_packets = st.builds(
    lambda device, value, asks: hj212.encode(device, {"LA-Rtd": value}, AT_MS, ask_for_answer=asks),
    st.text("ABC012", min_size=1, max_size=24),
    values,
    st.booleans(),
)
gb26875_packets = st.builds(
    lambda source, serial, value: gb26875.encode(source, [gb26875.Analog(1, 1, 40, 1, 3, value)], AT_MS, serial=serial),
    st.binary(min_size=6, max_size=6),
    st.integers(0, 65535),
    values,
)
streams = st.one_of(
    st.tuples(st.just("hj212"), st.lists(hj212_packets, min_size=1, max_size=5)),
    st.tuples(st.just("gb26875"), st.lists(gb26875_packets, min_size=1, max_size=5)),
)


def heard(form: TcpForm, pieces: list[bytes]) -> list[Heard]:
    cutter = Cutter(framing_of(form), LONGEST)
    found = []
    for piece in pieces:
        found += cutter.feed(piece)
        assert len(cutter._buffer) <= LONGEST
    return found


def good(form: TcpForm, pieces: list[bytes]) -> list[bytes]:
    return [h.content for h in heard(form, pieces) if h.device]


def as_cut(form: TcpForm, packets: list[bytes]) -> list[bytes]:
    """A packet of HJ 212 is handed on without its line end."""
    return [packet.removesuffix(b"\r\n") if form == "hj212" else packet for packet in packets]


@given(streams, st.data())
@settings(max_examples=80, deadline=None)
def test_a_stream_cut_anywhere_gives_the_same(stream: tuple[TcpForm, list[bytes]], data: st.DataObject) -> None:
    form, packets = stream
    whole = b"".join(packets)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert good(form, pieces) == as_cut(form, packets)
    assert heard(form, pieces) == heard(form, [whole])


@given(streams)
@settings(max_examples=20, deadline=None)
def test_a_stream_of_single_bytes_gives_the_same(stream: tuple[TcpForm, list[bytes]]) -> None:
    form, packets = stream
    assert good(form, [bytes([byte]) for byte in b"".join(packets)]) == as_cut(form, packets)


@given(streams, st.binary(max_size=60).filter(lambda b: b"#" not in b and b"@" not in b))
@settings(max_examples=80, deadline=None)
def test_noise_between_packets_loses_none(stream: tuple[TcpForm, list[bytes]], noise: bytes) -> None:
    form, packets = stream
    assert good(form, [noise.join([b"", *packets, b""])]) == as_cut(form, packets)


@given(streams, st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=80, deadline=None)
def test_a_damaged_byte_costs_at_most_its_packet(stream: tuple[TcpForm, list[bytes]], at: int, flip: int) -> None:
    form, packets = stream
    victim = bytearray(packets[0])
    at %= len(victim)
    victim[at] ^= flip
    # A damaged length may claim what follows, up to the longest packet: other packets come after that.
    after = [packets[-1]] * (LONGEST // len(packets[-1]) + 1)
    found = good(form, [bytes(victim), *packets[1:], *after, *after])
    assert found[-len(after) :] == as_cut(form, after)


@given(st.sampled_from(["hj212", "gb26875"]), st.lists(st.binary(max_size=300), max_size=20))
@settings(max_examples=150, deadline=None)
def test_any_bytes_raise_nothing(form: TcpForm, pieces: list[bytes]) -> None:
    assert good(form, pieces) == []


@given(st.sampled_from([b"##", b"@@", b"##9999", b"##0010", b"@@" + bytes(25), b"x", b"#", b"\r\n##"]))
@settings(max_examples=16, deadline=None)
def test_endless_nonsense_ends_hopeless_or_costs_nothing(piece: bytes) -> None:
    for form in ("hj212", "gb26875"):
        cutter = Cutter(framing_of(form), LONGEST)
        told = 0
        for _ in range(40):
            told += len(cutter.feed(piece * (4_000 // len(piece))))
        assert cutter.is_hopeless
        assert told <= MAX_DAMAGED + 2
        assert cutter._garbage_bytes <= MAX_GARBAGE_BYTES + 2 * 4_000
