"""The reference page's list of boards and panels, made of the boards themselves."""

from typing import Any, Final

from dashboards.generate import build
from dashboards.names import BOARDS

BEGIN: Final = "<!-- made by python -m dashboards -->"
END: Final = "<!-- end -->"


def listing() -> str:
    """A section for each board: what it is for, its variables, and what each panel shows."""
    return "\n".join(_section(board) for board in BOARDS)


def with_listing(page: str) -> str:
    """The page with the listing between its marks. ValueError where it has no marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{listing()}\n{END}{after}"


def _section(board: str) -> str:
    en, zh = build(board, "en"), build(board, "zh")
    variables = ", ".join(f"`{variable['name']}`" for variable in en["templating"]["list"]) or "none"
    lines = [
        f"### {en['title'].partition(' · ')[2]} · {zh['title'].partition(' · ')[2]}",
        "",
        f"`tocsin-{board}-en`, `tocsin-{board}-zh`. {en['description']}. Variables: {variables}.",
        "",
        "| panel | 面板 | shows |",
        "|---|---|---|",
    ]
    lines += [_line(one, other) for one, other in zip(en["panels"], zh["panels"], strict=True)]
    return "\n".join([*lines, ""])


def _line(en: dict[str, Any], zh: dict[str, Any]) -> str:
    return f"| {en['title']} | {zh['title']} | {en['description']} |"
