from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.telling.due import DueTimes

SETS = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.integers(0, 20)), max_size=40)


@settings(max_examples=100)
@given(SETS, st.integers(0, 20))
def test_the_first_is_the_least_of_all_that_stand(sets, until):
    times, plain = DueTimes([("a", 3), ("g", 7)]), {"a": 3, "g": 7}
    for key, due in sets:
        times.set(key, due)
        plain.pop(key, None)
        if due is not None:
            plain[key] = due
        least = min(((due, key) for key, due in plain.items()), default=None)
        assert times.next_due == (inf if least is None else least[0])
        assert times.first(until) == (least if least is not None and least[0] <= until else None)


def test_times_put_off_over_and_over_are_one_time():
    times = DueTimes()
    for due in range(10_000):
        times.set("a", 20_000 - due)
        times.set("b", 30_000 + due)
    assert times.first(20_000) == (10_001, "a")
    times.set("a", None)
    assert times.first(100_000) == (39_999, "b")
    times.set("b", None)
    assert times.next_due == inf
