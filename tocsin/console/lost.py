"""What is answered at an address that no page has."""

from html import escape

from fastapi.exception_handlers import http_exception_handler
from nicegui import app as pages
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tocsin.accounts.roles import Principal
from tocsin.console.assets import asset
from tocsin.console.shell_words import SHELL
from tocsin.console.words import Language

_PAGE = """\
<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="{css}"></head>
<body><main style="max-width: 40rem; margin: 10vh auto; padding: 0 16px"><h1>{title}</h1><p>{text}</p>
<p><a href="/">{back}</a></p></main></body></html>"""


async def lost(request: Request, error: Exception) -> Response:
    """A short page in the language of who asks, with the way back; for what is no page, what was said of it."""
    endpoint = request.scope.get("endpoint")
    if endpoint not in (None, pages) and isinstance(error, HTTPException):
        return await http_exception_handler(request, error)
    principal: Principal | None = getattr(request.state, "principal", None)
    language: Language = "zh" if principal is None else principal.language
    words = SHELL.said(language)
    text = _PAGE.format(
        language=language,
        title=escape(words["not_found_title"]),
        text=escape(words["not_found"]),
        back=escape(words["back_to_board"]),
        css=asset("console.css"),
    )
    return HTMLResponse(text, 404)


def answer_lost() -> None:
    """Instead of NiceGUI's own page, which names the exception and leads nowhere."""
    pages.add_exception_handler(404, lost)
