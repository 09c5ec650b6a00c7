"""routes.yaml of a site folder, or all that is wrong with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alerts.routes.check_matches import check_matches
from alerts.routes.check_people import check_people
from alerts.routes.check_rosters import check_rosters
from alerts.routes.check_routes import check_routes
from alerts.routes.parsing import parse_routes
from alerts.routes.placed import FILE
from alerts.routes.reach import Reach
from alerts.routes.schema import RoutesFile
from plant.mistakes import InputError, Mistake
from plant.site import Site
from plant.site_reader.text import decode, read_text
from rules.schema import Rule


def read_routes(directory: Path, site: Site, rules: Sequence[Rule]) -> tuple[RoutesFile, list[Mistake]]:
    """The routes of a site folder and warnings; without the file there are none.

    Raises InputError with every error found, and the warnings beside them. What may stand there:
    docs/reference/routes.md.
    """
    path = directory / FILE
    if not path.exists():
        return RoutesFile(), []
    mistakes: list[Mistake] = []
    text = read_text(path, FILE, mistakes)
    parsed = None if text is None else parse_routes(text, mistakes)
    if parsed is not None:
        reach = Reach(site)
        check_rosters(parsed, site, mistakes)
        check_routes(parsed, mistakes)
        check_matches(parsed, site, rules, reach, mistakes)
        check_people(parsed, site, reach, mistakes)
    if parsed is None or any(mistake.level == "error" for mistake in mistakes):
        raise InputError(mistakes)
    return parsed.file, sorted(mistakes)


def restore_routes(content: bytes) -> RoutesFile:
    """What `read_routes` once accepted: the text alone counts. InputError where this version can't read it."""
    mistakes: list[Mistake] = []
    text = decode(content, FILE, mistakes)
    parsed = None if text is None else parse_routes(text, mistakes)
    if parsed is None or mistakes:
        raise InputError(mistakes)
    return parsed.file


def routes_schema() -> dict[str, Any]:
    """The schema of routes.yaml (JSON Schema 2020-12)."""
    schema = RoutesFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = FILE
    return schema
