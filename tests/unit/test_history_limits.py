"""Limits of points as history keeps them: the strictest, whichever rule or cell gives it."""

from support.drilling import rule
from support.simulated import point, site_of

from tocsin.history.limits import Limits, limit_lines, limits_of

SITE = site_of(
    [
        point("g1", "gas.combustible", 0, 100, unit_symbol="%LEL"),
        point("o2", "gas.oxygen", 0, 30),
        point("tank", "tank.level", 0, 10, unit_symbol="m", h=8.0, ll=1.0),
        point("spark", "dust.spark", 0, 1),
    ]
)
RULES = [
    rule("gas", "gas.combustible", {"limit": {"h": 25.0, "hh": 50.0}}),
    rule("gas-early", "gas.*", {"limit": {"h": 10.0}}, cells=False),
    rule("gas-off", "gas.*", {"limit": {"h": 1.0}}, enabled=False),
    rule("oxygen", "gas.oxygen", {"limit": {"l": 19.5}}),
    rule("oxygen-more", "gas.oxygen", {"limit": {"l": 18.0}}),
    rule("level", "tank.level", {"limit": {"h": None, "l": None, "ll": None}}),
    rule("spark", "dust.spark", {"discrete": {"equals": 1.0, "severity": "red"}}),
]


def test_the_strictest_limit_of_each_level() -> None:
    assert limits_of(SITE, RULES) == {
        "g1": Limits(None, None, 10.0, 50.0),
        "o2": Limits(None, 19.5, 10.0, None),
        "tank": Limits(1.0, None, 8.0, None),
    }


def test_a_cell_counts_only_where_a_rule_looks_at_it() -> None:
    assert limits_of(SITE, [rule("level", "tank.level", {"limit": {"h": 9.0}}, cells=False)]) == {
        "tank": Limits(None, None, 9.0, None)
    }
    assert limits_of(SITE, []) == {}


def test_lines() -> None:
    assert limit_lines(SITE, limits_of(SITE, RULES), 1_735_660_800_000_000_000) == [
        "limit,point=g1,enterprise=E,unit=U,kind=gas.combustible "
        'levels=2i,h=10.0,hh=50.0,unit_symbol="%LEL" 1735660800000000000',
        "limit,point=o2,enterprise=E,unit=U,kind=gas.oxygen levels=2i,l=19.5,h=10.0 1735660800000000000",
        "limit,point=tank,enterprise=E,unit=U,kind=tank.level "
        'levels=2i,ll=1.0,h=8.0,unit_symbol="m" 1735660800000000000',
    ]
