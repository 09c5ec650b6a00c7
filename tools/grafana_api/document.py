"""The OpenAPI document behind Grafana's published Go client: its operations, with what they take and answer."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from .go_types import Schema, models, schema_of

_OPERATION: Final = re.compile(
    r'ID:\s+"(?P<id>\w+)",\s+Method:\s+"(?P<method>\w+)",\s+PathPattern:\s+"(?P<path>[^"]+)",'
    r"(?:.*\n)*?\s+Reader:\s+&(?P<name>\w+)Reader"
)
_ANSWER: Final = re.compile(r"case (?P<code>\d+):\s+result := New(?P<type>\w+)\(\)")
_PAYLOAD: Final = re.compile(r"^type (?P<type>\w+) struct \{\n\tPayload (?P<payload>.+)\n\}", re.M)
_BODY: Final = re.compile(r"^type \w+Params struct \{(?:.*\n)*?\tBody (?P<type>.+)$", re.M)
_FIELD: Final = re.compile(r"^\t(?P<field>\w+) (?P<type>[\w.*\[\]]+)$", re.M)
_QUERY: Final = re.compile(
    r"// (?P<where>query|header) param (?P<name>\S+)(?P<after>(?:.*\n){1,8}?.*\bo\.(?P<field>\w+))"
)
_INTEGER_PATH: Final = re.compile(r'SetPathParam\("(?P<name>\w+)", swag\.FormatInt')


def document(module: Path, version: str) -> dict[str, Any]:
    """An OpenAPI 3.0 document of the client in `module`; its paths stand under /api."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Grafana HTTP API", "version": version},
        "servers": [{"url": "/api"}],
        "paths": _paths(module / "client"),
        "components": {"schemas": models(module / "models")},
    }


def _paths(folder: Path) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for client in sorted(folder.glob("*/*_client.go")):
        readers = dict(_readers(client.parent))
        for found in _OPERATION.finditer(client.read_text()):
            operation = _operation(client.parent, found["name"], found["path"], readers[found["name"]])
            paths.setdefault(found["path"], {})[found["method"].lower()] = {"operationId": found["id"], **operation}
    return paths


def _readers(package: Path) -> Iterator[tuple[str, str]]:
    for path in package.glob("*_responses.go"):
        text = path.read_text()
        named = re.search(r"^type (\w+)Reader struct", text, re.M)
        if named:
            yield named[1], text


def _operation(package: Path, name: str, path: str, reader: str) -> Schema:
    taken = _parameters_of(package, name)
    operation: Schema = {"parameters": _parameters(path, taken), "responses": _answers(reader)}
    body = _BODY.search(taken)
    if body:
        content = {"application/json": {"schema": schema_of(body["type"])}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters_of(package: Path, name: str) -> str:
    for path in package.glob("*_parameters.go"):
        text = path.read_text()
        if f"type {name}Params struct" in text:
            return text
    raise ValueError(f"{package.name} has no {name}Params")


def _parameters(path: str, taken: str) -> list[Schema]:
    integers = {found["name"] for found in _INTEGER_PATH.finditer(taken)}
    found: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer" if name in integers else "string"}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    types = {field["field"]: field["type"] for field in _FIELD.finditer(taken)}
    for query in _QUERY.finditer(taken):
        schema = schema_of(types.get(query["field"], "string"))
        found.append({"name": query["name"], "in": query["where"], "schema": schema})
    return found


def _answers(reader: str) -> Schema:
    payloads = {found["type"]: found["payload"] for found in _PAYLOAD.finditer(reader)}
    answers: Schema = {}
    for found in _ANSWER.finditer(reader):
        answer: Schema = {"description": found["type"]}
        payload = payloads.get(found["type"])
        if payload is not None:
            answer["content"] = {"application/json": {"schema": schema_of(payload)}}
        answers[found["code"]] = answer
    return answers
