"""Every page of the console in a browser, over a district that the demo has filled: none keeps people out."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest
from playwright.sync_api import Browser
from support.console import axe_script, chromium

from tocsin.centre.centre import Centre
from tocsin.clock import SystemClock
from tocsin.console import pages
from tocsin.console.page import PAGES
from tools.screenshots.__main__ import mistakes
from tools.screenshots.camera import DESK_PX, PHONE_PX, Camera, Looks, camera_of
from tools.screenshots.district import District, running_district
from tools.screenshots.people import act
from tools.screenshots.views import VIEWS, View, fields_of, shape_of

_PAST_S = 300
_LOOKS = (Looks("en", DESK_PX, "light"), Looks("zh", PHONE_PX, "dark"))
_OF_ACCOUNTS = {"/login", "/account", "/users", "/users/{}", "/users-trail"}
"""Pages that are no part of the console's frame."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    pytest.importorskip("iotcore", reason="iotcore, an embedded broker, is not installed")
    folder = tmp_path_factory.mktemp("district")
    with running_district(folder, past_s=_PAST_S) as running:
        act(running, folder)
        yield running


@pytest.fixture(scope="module")
def cameras(district: District, browser: Browser) -> Iterator[dict[tuple[Looks, bool], Camera]]:
    """By looks, and whether somebody has signed in."""
    fields = fields_of(Centre.of(district.settings, SystemClock()))
    with (
        camera_of(browser, district, _LOOKS[0], fields) as desk,
        camera_of(browser, district, _LOOKS[0], fields, signed_in=False) as desk_outside,
        camera_of(browser, district, _LOOKS[1], fields) as phone,
        camera_of(browser, district, _LOOKS[1], fields, signed_in=False) as phone_outside,
    ):
        outside = {(_LOOKS[0], False): desk_outside, (_LOOKS[1], False): phone_outside}
        yield {(_LOOKS[0], True): desk, (_LOOKS[1], True): phone, **outside}


def test_no_page_is_left_out() -> None:
    for module in iter_modules(pages.__path__):
        import_module(f"{pages.__name__}.{module.name}")
    assert {shape_of(view.path) for view in VIEWS} == {shape_of(path) for path in PAGES} | _OF_ACCOUNTS


@pytest.mark.parametrize(
    ("view", "looks"),
    [(view, _LOOKS[n % len(_LOOKS)]) for n, view in enumerate(VIEWS)],
    ids=lambda given: given.name if isinstance(given, View) else str(given),
)
def test_a_page_answers_without_complaint_and_keeps_nobody_out(
    cameras: dict[tuple[Looks, bool], Camera], view: View, looks: Looks
) -> None:
    assert mistakes(cameras[looks, view.signed_in], view, axe_script()) == []
