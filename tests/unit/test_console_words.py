"""Everything that the console says is there in both languages, with the same gaps to fill."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import tocsin.console
from tocsin.console.acting import ACTIONS
from tocsin.console.acting_words import ACTING, REFUSALS
from tocsin.console.alarm_words import ALARM
from tocsin.console.board_words import BOARD, KEYS
from tocsin.console.colours import COLOURS, NO_DATA, NORMAL, badge, colour_of, css
from tocsin.console.page import PAGES
from tocsin.console.shell_words import SHELL
from tocsin.console.words import TABLES

STATIC = Path(tocsin.console.__file__).parent / "static"

for module in walk_packages(tocsin.console.__path__, "tocsin.console."):
    import_module(module.name)


def test_every_table_is_complete_in_both_languages() -> None:
    assert len(TABLES) >= 4
    for table in TABLES:
        for name, (zh, en) in table.texts.items():
            assert zh.strip(), name
            assert en.strip(), name
            assert sorted(re.findall(r"\{\w*\}", zh)) == sorted(re.findall(r"\{\w*\}", en)), name
            if name != "language":  # each is named in the other
                assert not re.search(r"[\u3400-\u9fff]", en), name


def test_every_page_has_a_title_and_pages_of_the_navigation_an_order_of_their_own() -> None:
    assert {"/", "/alarms/{alarm}"} <= PAGES.keys()
    for page in PAGES.values():
        assert page.label("zh")
        assert "title" in page.words.said("en"), page.path
    orders = [page.nav.order for page in PAGES.values() if page.nav is not None]
    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize(("script", "table"), [("board", BOARD), ("live", SHELL), ("sound", SHELL)])
def test_scripts_say_only_what_the_table_has(script: str, table: object) -> None:
    texts = {**BOARD.texts, **SHELL.texts} if table is BOARD else SHELL.texts
    source = "".join(path.read_text("utf-8") for path in STATIC.glob(f"{script}*.js"))
    for name in re.findall(r'said\("(\w+)"', source):
        assert name in texts, name
    for name in re.findall(r'"(sound_\w+)"', source):
        assert name in SHELL.texts, name


def test_keys_of_the_help_are_those_that_the_script_takes() -> None:
    source = (STATIC / "board_keys.js").read_text("utf-8")
    for keys, name in KEYS:
        assert f"key_{name}" in BOARD.texts
        for key in keys.replace("Shift+M", "M").replace("Esc", "Escape").split(" / "):
            assert re.search(rf'^    "?{re.escape(key)}"?: \(\)', source, re.MULTILINE), key


def test_every_act_and_state_has_words() -> None:
    assert set(ACTIONS) <= ACTING.texts.keys()
    for action in ACTIONS:
        assert f"action_{action}" in ALARM.texts
    assert all(re.search(r"[\u3400-\u9fff]", said) for said in REFUSALS.values())


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_can_be_read_and_told_apart_without_colour() -> None:
    every = [*COLOURS.values(), NORMAL, NO_DATA]
    for colour in every:
        dark, light = sorted((_luminance(colour.fill), _luminance(colour.ink)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour
    assert len({colour.shape for colour in every}) == len(every)
    assert len({colour.zh for colour in every}) == len({colour.en for colour in every}) == len(every)


def test_a_severity_that_nobody_knows_looks_like_the_worst() -> None:
    assert colour_of("purple") is COLOURS["red"]
    assert 'class="badge severity-red"' in badge("purple", "en")
    assert "&lt;b&gt;" in badge("blue", "en", "<b>")
    assert "--orange:#F28522" in css()
