"""An address that no page has leads back to the board, in the language of who asks."""

import asyncio
import re

import pytest

pytest.importorskip("nicegui", reason="the console's parts are not installed")

from starlette.exceptions import HTTPException
from starlette.requests import Request

from tocsin.accounts.roles import Principal, Role
from tocsin.console.lost import lost


def answered(endpoint: object, language: str = "en") -> tuple[int, str]:
    principal = Principal("li.na", Role.OPERATOR, language=language)  # type: ignore[arg-type]
    scope = {"type": "http", "method": "GET", "path": "/nowhere", "headers": [], "query_string": b""}
    request = Request({**scope, "state": {"principal": principal}, "endpoint": endpoint})
    answer = asyncio.run(lost(request, HTTPException(404)))
    return answer.status_code, bytes(answer.body).decode()


@pytest.mark.parametrize(("language", "says"), [("en", "Back to the alarm board"), ("zh", "返回告警板")])
def test_it_leads_back_to_the_board(language: str, says: str) -> None:
    status, page = answered(None, language)
    assert status == 404
    assert re.search(rf'<a href="/">{says}</a>', page)
    assert "HTTPException" not in page


def test_what_is_no_page_says_what_it_said() -> None:
    assert answered(answered) == (404, '{"detail":"Not Found"}')
