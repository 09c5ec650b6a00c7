"""`tocsin rules show`, `tocsin rules packs`: what a rule says on a point, and what packs there are."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.rules_diff import Lang, Language, configured_of

_TITLES = {
    "en": ("value", "is", "from"),
    "zh": ("项目", "取值", "来源"),
}
_PACK_TITLES = {
    "en": ("pack", "rule", "needs", "standard", "certainty", "in the pack", "points"),
    "zh": ("规则包", "规则", "适用测点", "依据", "可信度", "包内状态", "测点数"),
}


def show(
    rule: Annotated[str, typer.Argument(metavar="ID", help="The rule's id.")],
    site: Annotated[Path, typer.Option("--site", metavar="DIR", help="The site folder.")],
    point: Annotated[str | None, typer.Option("--point", metavar="P", help="As it is on this point.")] = None,
    lang: Lang = Language.EN,
) -> None:
    """Show a rule as it takes effect, and where each value comes from."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from rules.subjects import subjects_of
    from tocsin.whatif.origins import placed_rule, values_of
    from tocsin.whatif.words import value_text

    read = configured_of(site).site
    placed, base = placed_rule(site, read, rule)
    covered = {p.point: p for p in subjects_of(placed.rule, read)}
    if point is not None and point not in covered:
        what = "the rule does not apply to it" if point in read.points else "it is no point of the site"
        raise typer.BadParameter(f"--point is {point}: {what}")
    table = Table(*_TITLES[lang.value], box=None, pad_edge=False, header_style="bold")
    for value in values_of(placed, base, covered[point] if point is not None else None):
        table.add_row(Text(value.path), Text(value_text(value.path, value.value, lang.value)), Text(value.origin))
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    if point is None:
        print(f"{rule}: {len(covered)} points; --point P shows it with a point's own cells", file=sys.stderr)


def packs(
    site: Annotated[Path | None, typer.Option("--site", metavar="DIR", help="Say which are on in this site.")] = None,
    lang: Lang = Language.EN,
) -> None:
    """List the rule packs: what each needs, its standard and clause, and how certain its figures are."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from rules.loader.packs import DEFAULT_PACKS, pack_names, pack_text
    from rules.loader.rule_files import rules_of_text
    from rules.subjects import SubjectIndex

    read = configured_of(site).site if site is not None else None
    on = () if read is None else (DEFAULT_PACKS if read.packs is None else read.packs)
    index = SubjectIndex(read) if read is not None else None
    titles = _PACK_TITLES[lang.value] if read is not None else _PACK_TITLES[lang.value][:-1]
    table = Table(*titles, box=None, pad_edge=False, header_style="bold")
    for name in pack_names():
        for n, placed in enumerate(rules_of_text(pack_text(name), f"pack {name}", [], of_pack=True)):
            rule = placed.rule
            source = rule.source
            needs = ", ".join(_need(*given) for given in rule.applies_to.model_dump(exclude_unset=True).items())
            row = [
                (f"{name} *" if name in on else name) if n == 0 else "",
                rule.id,
                needs,
                f"{source.standard} {source.clause}".strip() if source else "",
                source.certainty if source else "",
                "on" if rule.enabled else "off",
            ]
            if index is not None:
                row.append(str(len(index.positions_of(rule))))
            table.add_row(*map(Text, row))
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    if read is not None:
        print(f"* is switched on in {site}", file=sys.stderr)


def _need(key: str, value: str | tuple[str, ...]) -> str:
    """One thing that `applies_to` asks for."""
    return f"{key} {value if isinstance(value, str) else ' '.join(value)}"
