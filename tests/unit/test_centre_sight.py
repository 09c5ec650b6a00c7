"""Who sees what: scopes, tokens that narrow them, and what may never be had."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.place import Places
from plant.site import Enterprise, Region, Site
from tocsin.accounts.roles import PERMISSIONS, Permission, Principal, Role, Scope
from tocsin.centre.errors import ForbiddenError, NotFoundError
from tocsin.centre.sight import demand, demand_sight, sight_of

SITE = Site(
    name="County",
    timezone="Asia/Shanghai",
    centre=None,
    packs=(),
    regions={
        "county": Region("county", None, "County"),
        "north": Region("north", "county", "North"),
        "pier": Region("pier", "north", "Pier"),
        "south": Region("south", "county", "South"),
    },
    enterprises={
        "E1": Enterprise("E1", "One", "north", park="chem"),
        "E2": Enterprise("E2", "Two", "pier"),
        "E3": Enterprise("E3", "Three", "south", park="chem"),
    },
)
PLACES = Places(SITE)
SCOPES = st.sampled_from(
    [
        Scope(),
        Scope("region", "county"),
        Scope("region", "north"),
        Scope("region", "gone"),
        Scope("park", "chem"),
        Scope("park", "gone"),
        Scope("enterprise", "E1"),
        Scope("enterprise", "gone"),
    ]
)
PRINCIPALS = st.builds(
    Principal,
    st.just("p"),
    st.sampled_from(Role),
    SCOPES,
    limited_to=st.none() | st.frozensets(st.sampled_from(Permission)),
    only_enterprises=st.none() | st.frozensets(st.sampled_from(["E1", "E2", "E3", "E9"])),
)


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope(), {"E1", "E2", "E3"}),
        (Scope("region", "county"), {"E1", "E2", "E3"}),
        (Scope("region", "north"), {"E1", "E2"}),
        (Scope("region", "pier"), {"E2"}),
        (Scope("park", "chem"), {"E1", "E3"}),
        (Scope("enterprise", "E2"), {"E2"}),
        (Scope("enterprise", "E9"), set()),
        (Scope("region", ""), set()),
        (Scope("park", ""), set()),
    ],
)
def test_a_scope_sees_what_lies_in_it(scope: Scope, seen: set[str]) -> None:
    sight = sight_of(Principal("p", Role.VIEWER, scope), SITE, PLACES)
    assert sight.enterprises == seen
    assert sight.sees("") is (scope == Scope())


@given(PRINCIPALS)
def test_a_token_never_sees_more_than_its_owner(principal: Principal) -> None:
    owner = Principal("p", principal.role, principal.scope)
    sight, most = sight_of(principal, SITE, PLACES), sight_of(owner, SITE, PLACES)
    assert sight.enterprises <= most.enterprises
    assert principal.permissions <= owner.permissions
    assert not sight.whole or (most.whole and principal.only_enterprises is None)
    narrowed = sight.narrowed(frozenset({"E1", "E9"}))
    assert narrowed is not None
    assert narrowed <= sight.enterprises & {"E1"}
    assert (sight.narrowed(None) is None) is sight.whole


@given(PRINCIPALS)
def test_an_enterprise_never_silences_itself(principal: Principal) -> None:
    silencing = {Permission.SHELVE, Permission.OVERRIDE, Permission.APPROVE, Permission.RESET, Permission.APPLY_RULES}
    if principal.tier == "enterprise" or principal.role is Role.SAFETY_MANAGER:
        assert not principal.permissions & (silencing | {Permission.VERIFY, Permission.USERS, Permission.AUDIT})


def test_every_role_sees_and_only_the_administrator_has_all() -> None:
    assert all(Permission.VIEW in allowed for allowed in PERMISSIONS.values())
    assert {role for role in Role if PERMISSIONS[role] == frozenset(Permission)} == {Role.ADMINISTRATOR}
    assert {role for role in Role if Permission.USERS in PERMISSIONS[role]} == {Role.ADMINISTRATOR}


def test_what_is_not_allowed_is_named_and_what_is_not_seen_looks_absent() -> None:
    viewer = Principal("p", Role.VIEWER, Scope("enterprise", "E1"))
    with pytest.raises(ForbiddenError, match="acknowledge is not allowed to a viewer"):
        demand(viewer, Permission.ACKNOWLEDGE)
    with pytest.raises(NotFoundError, match="there is no alarm x"):
        demand_sight(sight_of(viewer, SITE, PLACES), "E2", "alarm x")
