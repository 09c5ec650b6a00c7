"""A difference as lines of text, and as JSON."""

from collections.abc import Iterator
from typing import Any, Final

from tocsin.change.difference import Difference
from tocsin.whatif.rule_changes import ItemChange
from tocsin.whatif.words import WHAT, Lang, change_text, effect

_MOST_ITEMS: Final = 200
_SAID: Final[dict[str, dict[Lang, str]]] = {
    "rule": {"en": "rule", "zh": "规则"},
    "point": {"en": "point", "zh": "测点"},
    "wording": {"en": "wording only", "zh": "仅文字"},
    "more": {"en": "... and {n} more", "zh": "……另有 {n} 项"},
    "files": {"en": "these files differ too: {files}", "zh": "以下文件也有改动：{files}"},
    "none": {
        "en": "no rule and no point differs: order or comments in the files do",
        "zh": "规则与测点均无差别：仅文件中的次序或注释不同",
    },
}


def difference_lines(found: Difference, lang: Lang) -> Iterator[str]:
    """A line for each rule and point, and one for each field that was changed, with what the change does."""
    for kind, items in (("rule", found.rules), ("point", found.points)):
        for item in items[:_MOST_ITEMS]:
            yield from _item_lines(_SAID[kind][lang], item, lang)
        if len(items) > _MOST_ITEMS:
            yield _SAID["more"][lang].format(n=len(items) - _MOST_ITEMS)
    if found.files:
        yield _SAID["files"][lang].format(files=", ".join(found.files))
    if found.none:
        yield _SAID["none"][lang]


def difference_form(found: Difference) -> dict[str, Any]:
    """The difference as JSON: `rules`, `points` (`id`, `what`, `fields`), `files`."""
    return {
        "rules": [_item_form(item) for item in found.rules],
        "points": [_item_form(item) for item in found.points],
        "files": found.files,
    }


def _item_lines(kind: str, item: ItemChange, lang: Lang) -> Iterator[str]:
    wording = f" ({_SAID['wording'][lang]})" if item.wording_only else ""
    yield f"{kind} {item.id}: {WHAT[item.what][lang]}{wording}"
    for change in item.fields:
        meant = effect(change, lang)
        yield f"    {change_text(change, lang)}" + (f"   [{meant}]" if meant else "")


def _item_form(item: ItemChange) -> dict[str, Any]:
    fields = [{"field": c.path, "before": c.before, "after": c.after} for c in item.fields]
    return {"id": item.id, "what": item.what, "fields": fields}
