"""Every operation of the document under generated requests: it answers as the document says, whoever asks."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support.api import ApiDesk, served

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OF_THEIR_OWN = ("text/event-stream", "multipart/form-data")
"""Streams and files have tests of their own."""
PROOFS = ("x-as", "authorization", "cookie")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiDesk]:
    with served(tmp_path_factory.mktemp("fuzzed")) as (api, service):
        service.take(("E001-GAS-01", 60.0), ("E002-SPARK-01", 1.0))
        yield api


@pytest.mark.parametrize(("name", "examples"), [("li", 4), ("e1", 3), ("", 1)])
def test_every_operation_answers_as_the_document_says(desk: ApiDesk, name: str, examples: int) -> None:
    document = schemathesis.openapi.from_dict(desk.app.openapi())
    known = {
        "alarm": desk.made.alarm,
        "enterprise": "E001",
        "unit": "E001-MIX",
        "point": "E001-GAS-01",
        "place": "E001",
    }
    tried, client = 0, desk.client(name)
    for found in document.get_all_operations():
        operation = found.ok()
        if any(kind in str(operation.definition.raw) for kind in OF_THEIR_OWN):
            continue

        @seed(7)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), real=st.booleans())
        def holds(case: Any, real: bool) -> None:
            if real:  # an id that is there: else most requests end with 404
                case.path_parameters = {k: known.get(k, v) for k, v in (case.path_parameters or {}).items()}
            case.validate_response(asked(client, case, desk.url), checks=CHECKS)

        holds()
        tried += 1
    client.close()
    assert tried > 50


def asked(client: httpx.Client, case: Any, base_url: str) -> httpx.Response:
    """The request as it was generated, sent."""
    given = case.as_transport_kwargs(base_url=base_url)
    body = given.get("data")
    if isinstance(body, bytes | str):
        given["content"] = given.pop("data")
    given.pop("cookies", None)  # who asks is told by a header
    given["headers"] = {name: value for name, value in dict(given["headers"]).items() if name.lower() not in PROOFS}
    return client.request(**{name: value for name, value in given.items() if value is not None})


def test_the_document_is_whole(desk: ApiDesk) -> None:
    document = desk.get("li", "/openapi.json").json()
    schemas = document["components"]["schemas"]
    operations = [o for of_it in document["paths"].values() for o in of_it.values()]
    assert len({o["operationId"] for o in operations}) == len(operations)
    assert all(o.get("tags") and o.get("description") and o.get("security") for o in operations)
    assert {t for o in operations for t in o["tags"]} <= {t["name"] for t in document["tags"]}
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    assert {ref.rpartition("/")[2] for ref in refs(document)} <= set(schemas)


def refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)
