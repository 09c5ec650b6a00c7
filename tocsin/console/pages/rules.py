"""The rules in force, the page of one, and the versions that were in force."""

from collections.abc import Sequence
from html import escape
from typing import Final
from urllib.parse import quote, urlencode

from nicegui import ui

from alerts.wording.figures import local_time
from tocsin.accounts.roles import Permission
from tocsin.centre.errors import NotFoundError, UnavailableError
from tocsin.console.desk.filters import filters
from tocsin.console.desk.rule_view import groups, kind_of, level_lines, said_of, source_of
from tocsin.console.desk.rule_words import KINDS, RULE, RULES
from tocsin.console.page import Nav, PageContext, page
from tocsin.console.parts import facts_list, table
from tocsin.console.places.page_links import point_page
from tocsin.console.shell import heading, styles
from tocsin.log.versions import SIGNAL
from tocsin.whatif.origins import Value
from tocsin.whatif.words import field_name, value_text

_MOST_VERSIONS: Final = 50
_DEFAULT: Final = "default"


def rule_page(rule: str) -> str:
    """Its address."""
    return f"/rules/{quote(rule, safe='')}"


@page("/rules", RULES, nav=Nav(66, "rule"))
async def rules(context: PageContext) -> None:
    """Those that watch something in sight; `?kind=` and `?q=` narrow them."""
    words, query = context.words, context.request.query_params
    kind, text = query.get("kind", ""), query.get("q", "")
    styles("desk.css")
    heading(words["title"])
    ui.label(words["intro"]).classes("t-note")
    found = await context.ask(context.centre.rulebook.rules)
    kinds = [name for name in KINDS.texts if any(kind_of(seen.rule) == name for seen in found.values())]
    said = KINDS.said(context.language)
    filters(
        context,
        [(words["all_kinds"], _address("", text), not kind)]
        + [(said[name], _address(name, text), kind == name) for name in kinds],
    )
    with ui.row().classes("k-line"):
        search = ui.input(words["search"], value=text).props("outlined dense clearable type=search").classes("k-choice")
        search.on("keydown.enter", lambda: ui.navigate.to(_address(kind, str(search.value or ""))))
        if context.may(Permission.WHAT_IF) and context.principal.scope.kind == "site":
            ui.button(words["what_if"], on_click=lambda: ui.navigate.to("/what-if")).props("outline")
    shown = groups(found.values(), context.language, kind, text)
    if not shown:
        ui.label(words["none"]).classes("t-card t-note")
    for group in shown:
        with ui.column().classes("t-card"):
            heading(group.title, level=2)
            rows = []
            for rule, count, _ in group.rules:
                off = "" if rule.enabled else f' <span class="t-mark">{escape(words["off"])}</span>'
                rows.append(
                    [
                        f'<a href="{escape(rule_page(rule.id))}">{escape(rule.id)}</a>{off}'
                        f'<div class="k-soft">{escape(said_of(rule.text, context.language))}</div>',
                        "<br>".join(level_lines(rule, context.language)),
                        f"{escape(source_of(rule, context.language)[0])}",
                        escape(words("points", n=count)),
                    ]
                )
            names = RULE.said(context.language)
            with ui.element("div").classes("k-stack k-rules"):
                table([words["title"], names["levels"], names["source"], ""], rows)
    if context.may(Permission.SETTINGS) and context.principal.scope.kind == "site":
        await _versions(context)


async def _versions(context: PageContext) -> None:
    words, centre = context.words, context.centre
    with ui.column().classes("t-card"):
        heading(words["versions"], level=2)
        try:
            found = await context.ask(centre.rulebook.versions)
        except UnavailableError as error:
            ui.label(str(error)).classes("t-note")
            return
        numbered = list(enumerate(found, 1))[-_MOST_VERSIONS:]
        for n, version in reversed(numbered):
            who = version.who or words["start"]
            if version.who == SIGNAL:
                who = words["signal"]
            at = local_time(version.at_ms, context.zone.key)
            with ui.element("div").classes("k-item"):
                ui.label(f"{n} · {at} · {who} · {version.digest[:12]}").classes("t-strong")
                if version.why:
                    ui.label(version.why).classes("k-words")
                if n > 1:
                    _change(context, found[n - 2].digest, version.digest)
        if len(found) > _MOST_VERSIONS:
            ui.label(words("versions_most", n=_MOST_VERSIONS)).classes("t-note")


def _change(context: PageContext, before: str, after: str) -> None:
    """A button that shows what sets two versions apart, once it is asked for."""
    place = ui.column().classes("full-width")

    async def show() -> None:
        try:
            lines = await context.ask(context.centre.rulebook.difference, before, after, context.language)
        except (NotFoundError, UnavailableError) as error:
            lines = [str(error)]
        place.clear()
        with place:
            ui.label("\n".join(lines)).classes("k-words k-mono")

    with place:
        ui.button(context.words["show_change"], on_click=show).props("flat dense")


def _values(context: PageContext, values: Sequence[Value]) -> None:
    words, language = context.words, context.language
    rows = [
        [
            f'{escape(field_name(v.path, language))}<div class="k-mono k-soft">{escape(v.path)}</div>',
            escape(value_text(v.path, v.value, language)),
            f'<span class="k-mono">{escape(v.origin)}</span>',
        ]
        for v in values
    ]
    table([words[name] for name in ("name", "value", "origin")], rows)


def _address(kind: str, text: str) -> str:
    return f"/rules?{urlencode({name: value for name, value in (('kind', kind), ('q', text)) if value})}"


@page("/rules/{rule}", RULE)
async def one(context: PageContext, rule: str) -> None:
    """What it says, where each value comes from, and what it watches."""
    words, language = context.words, context.language
    found, count, points = await context.ask(context.centre.rulebook.rule, rule)
    whole = context.centre.grounds.now().sight(context.principal).whole
    styles("desk.css")
    ui.page_title(found.id)
    heading(found.id)
    with ui.row().classes("k-line"):
        ui.link(f"‹ {words['back']}", "/rules")
        if context.may(Permission.WHAT_IF) and whole:
            ui.link(words["try"], f"/what-if?{urlencode({'rule': found.id})}")
    source, certainty = source_of(found, language)
    other = "en" if language == "zh" else "zh"
    with ui.element("div").classes("t-grid"):
        with ui.column().classes("t-card"):
            heading(words["about"], level=2)
            texts = [said_of(found.text, language), found.text.get(other, "")]
            facts = [
                (words["state"], escape(words["on" if found.enabled else "off"])),
                (words["version"], str(found.version)),
                (words["kind"], escape(KINDS.said(language)[kind_of(found)])),
                (words["levels"], "<br>".join(level_lines(found, language))),
                (words["text"], "<br>".join(escape(text) for text in dict.fromkeys(texts) if text) or "—"),
                (words["source"], f"<strong>{escape(source)}</strong>"),
            ]
            if certainty:
                facts.append((words["certainty"], escape(certainty)))
            facts_list(facts)
        with ui.column().classes("t-card"):
            heading(words["guidance"], level=2)
            text = said_of(found.guidance, language)
            ui.label(text or words["no_guidance"]).classes("t-guidance" if text else "t-note")
    if whole:
        values = await context.ask(context.centre.rules.values, rule)
        with ui.column().classes("t-card"):
            heading(words["values"], level=2)
            _values(context, [value for value in values if value.origin != _DEFAULT])
            with ui.element("details").classes("k-more full-width"):
                with ui.element("summary"):
                    ui.label(words["defaults"]).classes("k-inline")
                _values(context, [value for value in values if value.origin == _DEFAULT])
    with ui.column().classes("t-card"):
        heading(words("points", n=count), level=2)
        if not points:
            ui.label(words["no_points"]).classes("t-note")
        links = "".join(f'<a href="{escape(point_page(p.point))}">{escape(p.point)}</a>' for p in points)
        ui.html(f'<div class="k-links">{links}</div>', sanitize=False)
        if count > len(points):
            ui.label(words("points_most", n=len(points))).classes("t-note")
