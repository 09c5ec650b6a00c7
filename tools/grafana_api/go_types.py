"""Go types of a generated client (go-swagger) as JSON Schema: the structs, their tags and the comments above fields."""

import re
from pathlib import Path
from typing import Any, Final

Schema = dict[str, Any]

_STRUCT: Final = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.M | re.S)
_FIELD: Final = re.compile(r"(?P<above>(?:^\t//.*\n)*)^\t\w+ (?P<type>[^`\n]+?) `json:\"(?P<name>[^\",]+)[^`]*`", re.M)
_EMBEDDED: Final = re.compile(r"^\t\*?([A-Z]\w*)$", re.M)
_ALIAS: Final = re.compile(r"^type (\w+) (?!struct\b|interface \{)(.+)$", re.M)
_ENUM: Final = re.compile(r'captures enum value "(.*)"')
_PLAIN: Final[dict[str, Schema]] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "float64": {"type": "number"},
    "float32": {"type": "number"},
    "interface{}": {},
    "any": {},
    "io.ReadCloser": {},
    "strfmt.DateTime": {"type": "string"},
    "strfmt.URI": {"type": "string"},
    "strfmt.Duration": {"type": "string"},
    "[]uint8": {},
    "[]byte": {},
}


def models(folder: Path) -> dict[str, Schema]:
    """Each type of a `models` folder, by its name. A struct takes no other fields than those it names."""
    return {name: schema for path in sorted(folder.glob("*.go")) for name, schema in _of_file(path.read_text())}


def schema_of(go_type: str) -> Schema:
    """A Go type as a schema; named ones are references into `components`."""
    written = go_type.strip().removeprefix("*").removeprefix("models.")
    if written in _PLAIN:
        return dict(_PLAIN[written])
    if re.fullmatch(r"u?int(8|16|32|64)?", written):
        return {"type": "integer"}
    if written.startswith("[]"):
        return {"type": "array", "items": schema_of(written[2:])}
    if written.startswith("map[string]"):
        return {"type": "object", "additionalProperties": schema_of(written.removeprefix("map[string]"))}
    if re.fullmatch(r"[A-Z]\w*", written):
        return {"$ref": f"#/components/schemas/{written}"}
    raise ValueError(f"a Go type that is not known here: {go_type}")


def _of_file(text: str) -> list[tuple[str, Schema]]:
    found = [(name, _struct(body)) for name, body in _STRUCT.findall(text)]
    for name, written in _ALIAS.findall(text):
        schema = schema_of(written)
        values = _ENUM.findall(text)
        found.append((name, {**schema, "enum": values} if values else schema))
    return found


def _struct(body: str) -> Schema:
    properties: dict[str, Schema] = {}
    required = []
    for field in _FIELD.finditer(body):
        name, above = field["name"], field["above"]
        if name == "-":
            continue
        properties[name] = _narrowed(schema_of(field["type"]), above)
        if "// Required: true" in above and "// Read Only: true" not in above:
            required.append(name)
    own: Schema = {"type": "object", "properties": properties}
    if required:
        own["required"] = required
    embedded = _EMBEDDED.findall(body)
    if embedded:
        return {"allOf": [*(schema_of(name) for name in embedded), own]}
    return {**own, "additionalProperties": False}


def _narrowed(schema: Schema, above: str) -> Schema:
    """With what the comment above a field says of its values."""
    if "$ref" in schema:
        return schema
    if values := re.search(r"// Enum: \[(.*)\]", above):
        schema["enum"] = values[1].split()
    for word, key in (("Max Length", "maxLength"), ("Min Length", "minLength")):
        if said := re.search(rf"// {word}: (\d+)", above):
            schema[key] = int(said[1])
    if pattern := re.search(r"// Pattern: (.+)", above):
        schema["pattern"] = pattern[1]
    return schema
