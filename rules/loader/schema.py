"""The JSON Schema of a rule file, for editors and for programs that write one."""

from typing import Any

from rules.schema import RuleFile


def rules_schema() -> dict[str, Any]:
    """The schema of rules/*.yaml (JSON Schema 2020-12)."""
    schema = RuleFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "rules/*.yaml"
    return schema
