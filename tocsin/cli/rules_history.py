"""`tocsin rules history`: what was in force when, by whom and why, and what set two versions apart."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.rules_diff import Lang, Language

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.configuration import Configured
    from tocsin.log.versions import Version

_TITLES = {
    "en": ("version", "from (UTC)", "who", "why", "digest", "entry"),
    "zh": ("版本", "生效时刻（UTC）", "何人", "原因", "摘要", "条目"),
}
_FOLDER = {"en": "site folder at the start", "zh": "启动时的站点文件夹"}


def history(
    data: Annotated[Path | None, typer.Option("--data", help="The data folder of the service.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="The settings file: it names the data folder, or the cluster.")
    ] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option("--diff", metavar="A B", help="What sets two versions apart; numbers, or beginnings of digests."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    lang: Lang = Language.EN,
) -> None:
    """List the versions of rules and points that were in force, the newest last."""
    in_cluster, versions, resolve = _versions(config, data)
    if diff is not None:
        _diff(resolve, *(_chosen(versions, text) for text in diff), as_json=as_json, lang=lang)
        return
    if as_json:
        for n, v in enumerate(versions, 1):
            form = {"version": n, "at": v.at_ms, "who": v.who, "why": v.why, "kind": v.kind, "digest": v.digest}
            print(json.dumps(form if in_cluster else {**form, "entry": v.position}, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # In a cluster each log has an entry of its own for a version.
    titles = _TITLES[lang.value][:-1] if in_cluster else _TITLES[lang.value]
    table = Table(*titles, box=None, pad_edge=False, header_style="bold")
    for n, v in enumerate(versions, 1):
        at = datetime.fromtimestamp(v.at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        who = v.who or _FOLDER[lang.value]
        row = (str(n), at, Text(who), Text(v.why), v.digest[:12], str(v.position))
        table.add_row(*row[: len(titles)])
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _versions(config: Path | None, data: Path | None) -> "tuple[bool, list[Version], Callable[[str], Configured]]":
    """Whether it is a cluster; its versions; and what gives the configuration of a digest."""
    from tocsin.cli.options import existing
    from tocsin.cli.rules_targets import data_folder, named_settings
    from tocsin.log.versions import Version, versions_of
    from tocsin.runtime.reading import resolver

    settings = named_settings(config) if data is None else None
    if settings is None or settings.kafka is None:
        folder = existing(data_folder(config, data))
        return False, versions_of(folder), resolver(folder)
    from tocsin.kafka.client import admin
    from tocsin.kafka.versions import Versions

    admin(settings.kafka)
    versions = Versions.open(settings.kafka)
    shown = [Version(v.number, v.at_ms, v.kind, v.digest, v.who, v.why) for v in versions.all]
    return True, shown, versions.resolve


def _chosen(versions: "list[Version]", text: str) -> "Version":
    if text.isdecimal() and 1 <= int(text) <= len(versions):
        return versions[int(text) - 1]
    found = [v for v in versions if len(text) >= 4 and v.digest.startswith(text)]
    if len({v.digest for v in found}) != 1:
        raise typer.BadParameter(f"--diff {text}: allowed are 1 to {len(versions)}, and beginnings of one digest")
    return found[0]


def _diff(
    resolve: "Callable[[str], Configured]", before: "Version", after: "Version", *, as_json: bool, lang: Language
) -> None:
    from tocsin.change.difference import difference
    from tocsin.change.shown import difference_form, difference_lines

    found = difference(resolve(before.digest), resolve(after.digest))
    if as_json:
        print(json.dumps(difference_form(found), ensure_ascii=False, indent=1))
        return
    for line in difference_lines(found, lang.value):
        print(line)
