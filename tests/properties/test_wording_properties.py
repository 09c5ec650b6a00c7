"""Whatever the facts and however small the room: texts keep within it, begin with their marks, and never fail."""

from hypothesis import given, settings
from hypothesis import strategies as st
from support.notices import facts, item, notice

from alerts.channels.port import Item
from alerts.wording import characters, cut, full_text, html, json_bytes, markdown, short_text, spoken, title, ucs2, utf8
from alerts.wording.measure import clean, cut_front

PURPOSES = [
    "alarm",
    "repeat",
    "escalated",
    "resolved",
    "acknowledged",
    "late",
    "disposal",
    "overdue",
    "neighbour",
    "test",
]
EVENTS = ["raised", "upgraded", "downgraded", "cleared", "acknowledged", "shelved", "escalated", "closed", "unheard-of"]
NUMBERS = st.none() | st.floats(allow_nan=True)
ANY = st.text(max_size=200)
MEASURES = st.sampled_from([characters, utf8, ucs2, json_bytes])


@st.composite
def items(draw: st.DrawFn) -> Item:
    about = facts(
        severity=draw(st.sampled_from(["red", "orange", "yellow", "blue", "", "purple"])),
        enterprise_name=draw(ANY),
        unit_name=draw(ANY),
        subject_name=draw(ANY),
        kind=draw(st.sampled_from(["gas.combustible", "gas.toxic.h2s", "own.kind", ""])),
        text=draw(st.dictionaries(st.sampled_from(["zh", "en", "fr"]), ANY)),
        guidance=draw(st.dictionaries(st.sampled_from(["zh", "en"]), ANY)),
        value=draw(NUMBERS),
        limit=draw(NUMBERS),
        zone=draw(st.sampled_from(["Asia/Shanghai", "", "../etc", "UTC"])),
        reason=draw(ANY),
        historical=draw(st.booleans()),
    )
    return item(
        about=about if draw(st.booleans()) else None,
        name=draw(st.sampled_from(EVENTS)),
        purpose=draw(st.sampled_from(PURPOSES)),
        at_ms=draw(st.integers(-(10**18), 10**18)),
        named=draw(st.booleans()),
        link=draw(st.sampled_from(["", "https://a.example/x"]) | ANY),
        event=draw(st.sampled_from([b"", b"{}", b'{"value": "x"}', b"[1]"])),
        distance_m=draw(st.none() | st.floats(0, 1e6)),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(items(), min_size=1, max_size=12), st.booleans(), st.sampled_from(["zh", "en"]), st.integers(0, 50),
    st.integers(20, 3000), MEASURES,
)  # fmt: skip
def test_every_text_keeps_within_its_room(
    given_items: list[Item], exercise: bool, language: str, more: int, most: int, measure: object
) -> None:
    told = notice(*given_items, language=language, exercise=exercise, more=more)  # type: ignore[arg-type]
    texts = [
        title(told, most, measure),  # type: ignore[arg-type]
        short_text(told, most, measure),  # type: ignore[arg-type]
        full_text(told, most, measure),  # type: ignore[arg-type]
        markdown(told, most=most, measure=measure),  # type: ignore[arg-type]
    ]
    for text in texts:
        assert measure(text) <= most  # type: ignore[operator]
        text.encode()
    assert len(spoken(told, most)) <= most
    assert "\n" not in texts[0]
    whole = [title(told), full_text(told), markdown(told).removeprefix("### "), spoken(told)]
    mark = {"zh": "【演练】", "en": "[EXERCISE]"}[language]
    assert all(text.startswith(mark) == exercise for text in whole)
    assert "<script" not in html(told)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.integers(0, 400), MEASURES)
def test_cutting_keeps_a_beginning_or_an_end(text: str, most: int, measure: object) -> None:
    front, back = cut(text, most, measure), cut_front(text, most, measure)  # type: ignore[arg-type]
    if measure(text) <= most:  # type: ignore[operator]
        assert front == back == text
        return
    assert max(measure(front), measure(back)) <= most  # type: ignore[operator]
    assert text.startswith(front.removesuffix("…"))
    assert text.endswith(back.removeprefix("…"))


@given(st.text(max_size=300))
def test_what_others_wrote_is_one_printable_line(text: str) -> None:
    assert clean(text).isprintable()
    assert clean(clean(text)) == clean(text)


@given(st.text(max_size=100), st.text(max_size=100))
def test_lengths_add_up(one: str, other: str) -> None:
    for measure in (characters, utf8, ucs2):
        assert measure(one + other) == measure(one) + measure(other)
    assert ucs2(one) == len(one.encode("utf-16-le", "surrogatepass"))
