"""What the reference decides over several points does not hang on cuts, or on the order of points in a batch."""

from random import Random

import pytest
from support.folding import decided, reference_events
from support.random_cases import CONDITIONS, TREND, cut_finer, random_case, shuffle_points

KINDS = (*CONDITIONS, *TREND, "limit", "limit", "discrete")


@pytest.mark.parametrize("seed", range(60))
def test_cuts_and_the_order_of_points_change_nothing(seed: int) -> None:
    case = random_case(Random(8000 + seed), entries=80, points=6, rules=4, kinds=KINDS, several=4)
    whole = decided(reference_events(case))
    assert decided(reference_events(cut_finer(Random(seed), case))) == whole
    assert decided(reference_events(shuffle_points(Random(seed), case))) == whole


def test_the_random_rules_over_several_points_raise_alarms_of_every_kind() -> None:
    raised: set[tuple[str, str]] = set()
    for seed in range(30):
        case = random_case(Random(9000 + seed), 120, 6, 4, reconfigure=False, kinds=KINDS, several=4)
        kinds = {rule.id: rule.condition.kind for rule in case.rules}
        raised |= {(kinds[event.rule], event.side) for event in reference_events(case)}
    assert raised >= {
        ("vote", ""),
        ("vote", "degraded"),
        ("expression", ""),
        ("expression", "degraded"),
        ("sequence", ""),
    }
