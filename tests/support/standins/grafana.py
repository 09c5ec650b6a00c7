"""Grafana's HTTP API as far as a push uses it, with state, held to Grafana's own OpenAPI document.

Each request must be one that the document allows, and so must each answer of the stand-in: else it stands in `faults`.
What Grafana does besides is imitated where a client can trip over it: new folders let in every viewer and editor,
stored boards and rules come back with more than was sent, secrets don't come back at all.
"""

import base64
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import uvicorn
from openapi_core import Config, OpenAPI
from openapi_core.contrib.starlette import StarletteOpenAPIRequest, StarletteOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from support.influx import free_port
from support.waiting import eventually

from tools.services.grafana_api import find

TOKEN: Final = "glsa_a-token-for-tests-only"
VIEWERS_TOKEN: Final = "glsa_of-a-viewer-for-tests"
ADMIN: Final = ("admin", "a-password-for-tests-only")

Body = dict[str, Any]
Answer = tuple[int, Any]
_NOT_FOUND: Final[Answer] = (404, {"message": "not found"})


def document_path() -> Path | None:
    """Where Grafana's OpenAPI document is, once `make services` made it."""
    return find()


@cache
def _openapi(path: Path) -> OpenAPI:
    return OpenAPI.from_dict(json.loads(path.read_text()), config=Config(spec_validator_cls=None))


@dataclass
class Organisation:
    id: int
    name: str
    datasources: dict[str, Body] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    folders: dict[str, Body] = field(default_factory=dict)
    permissions: dict[str, list[Body]] = field(default_factory=dict)
    teams: dict[int, str] = field(default_factory=dict)
    boards: dict[str, Body] = field(default_factory=dict)
    board_folders: dict[str, str] = field(default_factory=dict)
    versions: dict[str, list[Body]] = field(default_factory=dict)
    points: dict[str, Body] = field(default_factory=dict)
    rules: dict[str, Body] = field(default_factory=dict)
    provisioned: set[str] = field(default_factory=set)
    """Uids of boards that files brought."""


@dataclass
class Grafana:
    """One server; `writes` are the requests that changed something."""

    version: str = "12.4.1"
    port: int = field(default_factory=free_port)
    organisations: dict[int, Organisation] = field(default_factory=lambda: {1: Organisation(1, "Main Org.")})
    faults: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(100))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def main(self) -> Organisation:
        return self.organisations[1]

    def named(self, name: str) -> Organisation:
        return next(org for org in self.organisations.values() if org.name == name)

    async def serve(self, request: Request) -> Response:
        body = await request.body()
        seen = StarletteOpenAPIRequest(request, body or None)
        document = document_path()
        assert document is not None
        openapi = _openapi(document)
        what = f"{request.method} {request.url.path}"
        try:
            openapi.validate_request(seen)
        except OpenAPIError as error:
            self.faults.append(f"{what}: {_reason(error)}")
            return JSONResponse({"message": "bad request data"}, 400)
        status, answer = self._answer(request, json.loads(body) if body else {})
        if request.method != "GET" and status < 300:
            self.writes.append(what)
        response = JSONResponse(answer, status)
        try:
            openapi.validate_response(seen, StarletteOpenAPIResponse(response))
        except OpenAPIError as error:
            self.faults.append(f"{what} answered {status}: {_reason(error)}")
        return response

    def _answer(self, request: Request, body: Body) -> Answer:
        path = request.url.path.removeprefix("/api")
        if path == "/health":
            return 200, {"database": "ok", "version": self.version, "commit": "0000000"}
        role, org = self._who(request)
        if role is None:
            return 401, {"message": "Invalid API key"}
        if role == "Viewer" and (request.method != "GET" or path.startswith("/datasources")):
            return 403, {"message": "You'll need additional permissions to perform this action."}
        if path.startswith("/orgs"):
            return self._orgs(request, body) if role == "server" else (403, {"message": "Access denied"})
        for pattern, handler in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found:
                return handler(self, org, request, body, *found.groups())
        self.faults.append(f"{request.method} {path}: the stand-in doesn't know it")
        return _NOT_FOUND

    def _who(self, request: Request) -> tuple[str | None, Organisation]:
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        chosen = self.organisations[int(request.headers.get("x-grafana-org-id", "1"))]
        if kind == "Bearer" and key in (TOKEN, VIEWERS_TOKEN):
            return ("Admin" if key == TOKEN else "Viewer"), self.main
        if kind == "Basic" and base64.b64decode(key).decode() == ":".join(ADMIN):
            return "server", chosen
        return None, chosen

    def _orgs(self, request: Request, body: Body) -> Answer:
        if request.method == "POST":
            made = next(self.ids)
            self.organisations[made] = Organisation(made, body["name"])
            return 200, {"orgId": made, "message": "Organization created"}
        name = request.query_params.get("name")
        return 200, [{"id": org.id, "name": org.name} for org in self.organisations.values() if org.name == name]

    def organisation(self, org: Organisation, _: Request, __: Body) -> Answer:
        return 200, {"id": org.id, "name": org.name}

    def datasources(self, org: Organisation, _: Request, body: Body) -> Answer:
        return 200, {"id": 1, "name": body["name"], "message": "added", "datasource": self._keep(org, body)}

    def datasource(self, org: Organisation, request: Request, body: Body, uid: str) -> Answer:
        if uid not in org.datasources:
            return _NOT_FOUND
        if request.method == "PUT":
            return 200, {"id": 1, "name": body["name"], "message": "updated", "datasource": self._keep(org, body)}
        return 200, org.datasources[uid]

    def _keep(self, org: Organisation, body: Body) -> Body:
        kept = {key: value for key, value in body.items() if key != "secureJsonData"}
        org.secrets[body["uid"]] = body["secureJsonData"]
        kept |= {"id": 1, "orgId": org.id, "readOnly": False, "basicAuth": False, "version": 1}
        kept["secureJsonFields"] = dict.fromkeys(body["secureJsonData"], True)
        org.datasources[body["uid"]] = kept
        return kept

    def folders(self, org: Organisation, _: Request, body: Body) -> Answer:
        uid = body["uid"]
        org.folders[uid] = {"id": next(self.ids), "uid": uid, "title": body["title"], "version": 1, "orgId": org.id}
        org.permissions[uid] = [
            {"role": "Viewer", "permission": 1, "inherited": False},
            {"role": "Editor", "permission": 2, "inherited": False},
            {"role": "Admin", "permission": 4, "inherited": True},
        ]
        return 200, org.folders[uid]

    def folder(self, org: Organisation, request: Request, body: Body, uid: str) -> Answer:
        if uid not in org.folders:
            return _NOT_FOUND
        if request.method == "PUT":
            org.folders[uid]["title"] = body["title"]
        return 200, org.folders[uid]

    def folder_permissions(self, org: Organisation, request: Request, body: Body, uid: str) -> Answer:
        if request.method == "POST":
            inherited = [item for item in org.permissions[uid] if item["inherited"]]
            org.permissions[uid] = [{**item, "inherited": False} for item in body["items"]] + inherited
            return 200, {"message": "Folder permissions updated"}
        return 200, org.permissions[uid]

    def teams(self, org: Organisation, _: Request, body: Body) -> Answer:
        made = next(self.ids)
        org.teams[made] = body["name"]
        return 200, {"teamId": made, "message": "Team created", "uid": f"team-{made}"}

    def team_search(self, org: Organisation, request: Request, _: Body) -> Answer:
        wanted = request.query_params.get("name")
        teams = [
            {"id": i, "uid": f"team-{i}", "orgId": org.id, "name": name, "memberCount": 0, "isProvisioned": False}
            for i, name in org.teams.items()
            if wanted in (None, name)
        ]
        return 200, {"totalCount": len(teams), "page": 1, "perPage": 1000, "teams": teams}

    def boards(self, org: Organisation, _: Request, body: Body) -> Answer:
        board = body["dashboard"]
        uid = board["uid"]
        if uid in org.provisioned:
            return 400, {"message": "Cannot save provisioned dashboard"}
        if body["folderUid"] not in org.folders:
            return 404, {"message": "folder not found"}
        versions = org.versions.setdefault(uid, [])
        versions.insert(0, {"version": len(versions) + 1, "message": body.get("message", ""), "uid": uid})
        # A newer Grafana migrates what it stores.
        org.boards[uid] = {**board, "id": 7, "version": len(versions), "schemaVersion": 999}
        org.board_folders[uid] = body["folderUid"]
        said = {"id": 7, "uid": uid, "url": f"/d/{uid}", "status": "success", "title": board["title"]}
        return 200, {**said, "version": len(versions)}

    def board(self, org: Organisation, _: Request, __: Body, uid: str) -> Answer:
        if uid not in org.boards:
            return _NOT_FOUND
        meta = {"folderUid": org.board_folders.get(uid, ""), "provisioned": uid in org.provisioned}
        return 200, {"dashboard": org.boards[uid], "meta": meta}

    def board_versions(self, org: Organisation, request: Request, _: Body, uid: str) -> Answer:
        return 200, {"versions": org.versions.get(uid, [])[: int(request.query_params.get("limit", 100))]}

    def contact_points(self, org: Organisation, request: Request, body: Body) -> Answer:
        if request.method == "POST":
            org.points[body["uid"]] = {**body, "provenance": "api"}
            return 202, org.points[body["uid"]]
        return 200, [point for point in org.points.values() if point["name"] == request.query_params.get("name")]

    def contact_point(self, org: Organisation, _: Request, body: Body, uid: str) -> Answer:
        org.points[uid] = {**body, "provenance": "api"}
        return 202, {"message": "contactpoint updated"}

    def rules(self, org: Organisation, _: Request, body: Body) -> Answer:
        return self._keep_rule(org, body, 201)

    def rule(self, org: Organisation, request: Request, body: Body, uid: str) -> Answer:
        if uid not in org.rules:
            return _NOT_FOUND
        return self._keep_rule(org, body, 200) if request.method == "PUT" else (200, org.rules[uid])

    def _keep_rule(self, org: Organisation, body: Body, status: int) -> Answer:
        if body["folderUID"] not in org.folders:
            return 400, {"message": "unknown folder"}
        receiver = body.get("notification_settings", {}).get("receiver")
        if receiver and receiver not in {point["name"] for point in org.points.values()}:
            return 400, {"message": f"receiver {receiver} does not exist"}
        steps = [{"queryType": "", **step} for step in body["data"]]
        org.rules[body["uid"]] = {**body, "data": steps, "id": next(self.ids), "isPaused": False, "provenance": "api"}
        return status, org.rules[body["uid"]]


_ROUTES: Final[list[tuple[str, Callable[..., Answer]]]] = [
    ("/org", Grafana.organisation),
    ("/datasources", Grafana.datasources),
    ("/datasources/uid/([^/]+)", Grafana.datasource),
    ("/folders", Grafana.folders),
    ("/folders/([^/]+)", Grafana.folder),
    ("/folders/([^/]+)/permissions", Grafana.folder_permissions),
    ("/teams", Grafana.teams),
    ("/teams/search", Grafana.team_search),
    ("/dashboards/db", Grafana.boards),
    ("/dashboards/uid/([^/]+)", Grafana.board),
    ("/dashboards/uid/([^/]+)/versions", Grafana.board_versions),
    ("/v1/provisioning/contact-points", Grafana.contact_points),
    ("/v1/provisioning/contact-points/([^/]+)", Grafana.contact_point),
    ("/v1/provisioning/alert-rules", Grafana.rules),
    ("/v1/provisioning/alert-rules/([^/]+)", Grafana.rule),
]


@contextmanager
def running_grafana(version: str = "12.4.1") -> Iterator[Grafana]:
    """A stand-in on a free port of 127.0.0.1."""
    grafana = Grafana(version)
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", grafana.serve, methods=methods)])
    server = uvicorn.Server(uvicorn.Config(app, port=grafana.port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert eventually(lambda: server.started)
        yield grafana
    finally:
        server.should_exit = True
        thread.join(10)


def _reason(error: BaseException) -> str:
    """The innermost words of an error of the document's."""
    inner = error.__cause__ or error.__context__
    details = getattr(error, "schema_errors", ()) or ([inner] if inner is not None else [])
    said = "; ".join(
        str(detail).splitlines()[0] if not isinstance(detail, OpenAPIError) else _reason(detail) for detail in details
    )
    return f"{error}: {said}" if said else str(error)
