"""What other rules would have done, as a stream that can be left; it runs in a process of its own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx_sse import connect_sse
from support.api import PEOPLE, ApiDesk, served
from support.waiting import eventually

from tocsin.centre.errors import RefusedError
from tocsin.whatif.job import Job, Wanted

LOWER = """\
rules:
  - id: own-warm
    applies_to: {kind: tank.temperature}
    condition: {limit: {h: 30, deadband: 1}}
    severity: {h: yellow}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiDesk]:
    with served(tmp_path_factory.mktemp("whatif")) as (api, service):
        service.take(*[("E001-TEMP-01", 45.0 + n) for n in range(4)])
        yield api


def told(api: ApiDesk, name: str, given: Any) -> list[tuple[str, Any]]:
    with api.client(name) as client, connect_sse(client, "POST", "/rules/what-if", json=given) as source:
        assert source.response.status_code == 200, source.response.read()
        return [(event.event, json.loads(event.data)) for event in source.iter_sse()]


def test_a_rule_that_is_not_there_yet_would_have_raised_an_alarm(desk: ApiDesk) -> None:
    since = desk.centre.clock.now_ms() - 600_000
    events = told(desk, "li", {"files": {"rules/warm.yaml": LOWER}, "from": since})
    assert {kind for kind, _ in events[:-1]} == {"progress"}
    kind, result = events[-1]
    assert kind == "result", result
    assert [(r["id"], r["what"]) for r in result["rules_changed"]] == [("own-warm", "added")]
    assert result["readings"] >= 4, result
    assert [d["subject"] for d in result["differences"]] == ["E001-TEMP-01"]


def test_a_feed_can_be_given_instead(desk: ApiDesk) -> None:
    feed = "point,measured_at,value\n" + "".join(f"E001-TEMP-01,{1_790_000_000_000 + n * 1000},40\n" for n in range(5))
    kind, result = told(desk, "li", {"files": {"rules/warm.yaml": LOWER}, "feed": feed})[-1]
    assert (kind, result["readings"], len(result["differences"])) == ("result", 5, 1)


def test_a_mistake_in_a_file_is_told_with_its_line(desk: ApiDesk) -> None:
    kind, wrong = told(desk, "li", {"files": {"rules/warm.yaml": "rules:\n  - id: [\n"}, "from": 0})[-1]
    assert kind == "wrong"
    assert wrong[0].startswith("rules/warm.yaml:3:")


@pytest.mark.parametrize(
    ("name", "files", "status"),
    [
        ("li", {"../secrets": "x"}, 422),
        ("li", {"routes.yaml": "x"}, 422),
        ("li", {}, 422),
        ("e1", {"rules/a.yaml": LOWER}, 403),
        ("viewer", {"rules/a.yaml": LOWER}, 403),
    ],
)
def test_what_is_not_allowed_is_refused(desk: ApiDesk, name: str, files: dict[str, str], status: int) -> None:
    assert desk.post(name, "/rules/what-if", {"files": files, "from": 0}).status_code == status


def test_it_ends_when_the_caller_leaves_and_only_some_run_at_once(
    desk: ApiDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Job] = []
    real = Job.__init__

    def noted(self: Job, *given: Any) -> None:
        real(self, *given)
        made.append(self)

    monkeypatch.setattr(Job, "__init__", noted)
    given = {"files": {"rules/warm.yaml": LOWER}, "from": 0}
    with desk.client("li") as client, client.stream("POST", "/rules/what-if", json=given) as answer:
        assert answer.status_code == 200
        assert eventually(lambda: len(made) == 1)
        other = desk.centre.rules.what_if(PEOPLE["li"], Wanted({"rules/a.yaml": LOWER}, 0))
        if not made[0].over.is_set() and not other.over.is_set():
            with pytest.raises(RefusedError, match="2 what-ifs run"):
                desk.centre.rules.what_if(PEOPLE["li"], Wanted({"rules/a.yaml": LOWER}, 0))
    assert made[0].over.wait(10)
    other.cancel()
    assert other.over.wait(10)
    assert other.result is not None or other.wrong == ("it was ended",)
    desk.centre.rules.close()
