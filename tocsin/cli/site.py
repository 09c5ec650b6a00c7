"""`tocsin check`, `init`, `schema`."""

import json
import sys
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.routes.loader import routes_schema
from ingest.codecs.mapping.schema import mapping_schema
from plant.schemas import site_schema
from rules.loader import rules_schema
from rules.trial.schema import trial_schema
from simulators import scenario_schema
from simulators.wire.forms import FORMS
from tocsin.configuration import read_configuration
from tocsin.init import write_example
from tocsin.settings import settings_schema


class SchemaName(StrEnum):
    RULES = "rules"
    SITE = "site"
    ROUTES = "routes"
    SETTINGS = "settings"
    SCENARIO = "scenario"
    MAPPING = "mapping"
    RULE_TEST = "rule-test"
    API = "api"


def _api() -> dict[str, Any]:
    """The API's OpenAPI document, which is none of a file."""
    try:
        from tocsin.api.document import api_document
    except ImportError as error:
        raise ValueError(f"the API needs {error.name}: pip install 'tocsin[console]'") from None
    return api_document()


_SCHEMAS = {
    SchemaName.RULES: rules_schema,
    SchemaName.SITE: site_schema,
    SchemaName.ROUTES: routes_schema,
    SchemaName.SETTINGS: settings_schema,
    SchemaName.SCENARIO: scenario_schema,
    SchemaName.MAPPING: mapping_schema,
    SchemaName.RULE_TEST: trial_schema,
    SchemaName.API: _api,
}


def check(directory: Annotated[Path, typer.Argument(metavar="DIR", help="The site folder.")]) -> None:
    """Read a site folder and say what is wrong with it: every mistake, one a line."""
    configured = read_configuration(directory)
    for warning in configured.warnings:
        print(warning, file=sys.stderr)
    site = configured.site
    kinds = Counter(rule.condition.kind for rule in configured.rules)
    print(
        f"{directory}: fine. {len(site.enterprises)} enterprises, {len(site.units)} units, {len(site.points)} points,"
        f" {len(configured.rules)} rules ({', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))})"
        + (f", {len(configured.routes.routes)} routes" if configured.routes.routes else "")
        + (f", {len(configured.warnings)} warnings" if configured.warnings else "")
    )


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")] = False,
    form: Annotated[
        str | None, typer.Option("--form", help="The wire form of its devices, with a tocsin.toml that reads it.")
    ] = None,
) -> None:
    """Write a commented example site, ready for check, simulate and replay."""
    if form is not None and form not in FORMS:
        raise typer.BadParameter(f"--form is {form}, allowed are {', '.join(FORMS)}")
    written = write_example(directory, force)
    if form is not None:
        from simulators.fleets.site import address_folder

        written = sorted({*written, *address_folder(directory, form)})
    for path in written:
        print(path)


def schema(name: Annotated[SchemaName, typer.Argument(help="Which file, or api.")]) -> None:
    """Print the JSON Schema of a file, for editors; `api` is the OpenAPI document of the REST API."""
    json.dump(_SCHEMAS[name](), sys.stdout, ensure_ascii=False, indent=2)
    print()
