"""JSON Schemas of a site folder, for editors and for programs that write one."""

from typing import Any

from plant.site_reader.columns import TABLES, Column
from plant.site_settings import SiteSettings


def site_schema() -> dict[str, Any]:
    """The schema of site.yaml; `$defs` holds one of a row of each CSV file, by file name, empty cells left out."""
    schema = SiteSettings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$defs"] = schema.get("$defs", {}) | {file: _row_schema(file, columns) for file, columns in TABLES.items()}
    return schema


def _row_schema(file: str, columns: tuple[Column, ...]) -> dict[str, Any]:
    return {
        "title": f"A row of {file}",
        "type": "object",
        "properties": {column.name: {"description": column.help, **column.type.schema} for column in columns},
        "required": [column.name for column in columns if column.needed],
        "additionalProperties": False,
    }
