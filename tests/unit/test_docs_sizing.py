"""The plans on the page about sizing are what the command says."""

import re
from pathlib import Path

import pytest
from support.command import tocsin

PAGE = Path(__file__).parents[2] / "docs" / "explanations" / "sizing.md"
SHOWN = re.findall(r"`tocsin (scale plan [^`]+)`\n\n```text\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_there_are_two_plans() -> None:
    assert len(SHOWN) == 2


@pytest.mark.parametrize(("call", "text"), SHOWN)
def test_the_plan_on_the_page_is_the_commands(call: str, text: str) -> None:
    ran = tocsin(*call.split())
    assert ran.code == 0
    assert ran.out.partition("\n\ntopics\n")[0] == text, "put what the command prints on the page"
