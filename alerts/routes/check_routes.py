"""What a route says by itself: rungs in order, texts with known fields; and routes that hide others."""

from collections import Counter
from fnmatch import fnmatchcase
from typing import Final

from alerts.routes.placed import Placed, PlacedFile, unknown
from alerts.routes.schema import Match, RouteSettings
from alerts.wording.facts import FIELDS, fields_of
from plant.mistakes import Mistake

_LISTS: Final = ("severity", "level", "side", "region", "park", "unit_kind", "industry")
_GLOBS: Final = ("rule", "kind", "enterprise", "unit")


def check_routes(parsed: PlacedFile, mistakes: list[Mistake]) -> None:
    """Note what is wrong with each route whatever the site, and routes that can never be reached."""
    first: dict[str, int] = {}
    for placed in parsed.routes:
        route = placed.value
        if route.id in first:
            placed.note(mistakes, f"{route.id} stands twice, first on line {first[route.id]}", "id")
        first.setdefault(route.id, placed.line)
        _check_ladder(placed, mistakes)
        _check_text(placed, mistakes)
        if route.digest_s and route.match.severity == ("red",):
            placed.note(mistakes, "red is never held, so this digest holds nothing", "digest_s", warning=True)
    _check_hidden(parsed, mistakes)


def covers(one: Match, other: Match) -> bool:
    """Whether `one` surely fits whatever `other` fits, as far as the words tell (regions: by the same ids alone)."""
    if one.exercise is not other.exercise or one.historical not in (None, other.historical):
        return False
    if one.hours is not None and one.hours != other.hours:
        return False
    for name in _LISTS:
        mine, theirs = set(getattr(one, name)), set(getattr(other, name))
        if mine and not (theirs and theirs <= mine):
            return False
    for name in _GLOBS:
        globs, others = getattr(one, name), getattr(other, name)
        if globs is not None and not (others and all(_covered(glob, globs) for glob in others)):
            return False
    return set(one.tags) <= set(other.tags)


def _covered(glob: str, globs: tuple[str, ...]) -> bool:
    """Whether everything that a glob fits is fitted by one of `globs`; * alone stands for any text here."""
    return any(glob == wider or (not any(c in wider for c in "?[") and fnmatchcase(glob, wider)) for wider in globs)


def _check_ladder(placed: Placed[RouteSettings], mistakes: list[Mistake]) -> None:
    before = 0.0
    for k, rung in enumerate(placed.value.ladder):
        if rung.after_s < before:
            message = f"{rung.after_s:.15g} s is before the rung above it, allowed is at least {before:.15g}"
            placed.note(mistakes, message, "ladder", k, "after_s" if rung.after_s else "to")
        before = max(before, rung.after_s)
        twice = [who for who, n in Counter(rung.to).items() if n > 1]
        if twice:
            placed.note(mistakes, "names the same twice, told is everybody once", "ladder", k, "to", warning=True)


def _check_text(placed: Placed[RouteSettings], mistakes: list[Mistake]) -> None:
    for language, text in placed.value.text.items():
        if not text.strip():
            placed.note(mistakes, "is empty, needed are words; left out: those of the rule", "text", language)
        for name in dict.fromkeys(fields_of(text)):
            if name not in FIELDS:
                message = unknown(f"{{{name}}}", [f"{{{field}}}" for field in sorted(FIELDS)], _FIELDS)
                placed.note(mistakes, message, "text", language)


_FIELDS: Final = ", ".join(f"{{{field}}}" for field in sorted(FIELDS))


def _check_hidden(parsed: PlacedFile, mistakes: list[Mistake]) -> None:
    final: list[Placed[RouteSettings]] = []
    for placed in parsed.routes:
        above = next((one for one in final if covers(one.value.match, placed.value.match)), None)
        if above is not None:
            message = f"is never reached: {above.value.id} (line {above.line}) fits all that it fits, and is the last"
            placed.note(mistakes, message, "match", warning=True)
        elif placed.value.last:
            final.append(placed)
