"""Stand-ins for an InfluxDB 1.8 and a 3, which can't be had here: they answer as the documentation of those says.

1.8 https://docs.influxdata.com/influxdb/v1.8/tools/api/
    /api/v2/write: `bucket` is database or database/retention policy, `org` is ignored, `Authorization: Token
    user:password`; 204. /query: HTTP Basic; GET or POST.
3   https://docs.influxdata.com/influxdb3/core/write-data/http-api/compatibility-apis/
    https://docs.influxdata.com/influxdb3/core/query-data/execute-queries/influxdb-v1-api/
    https://docs.influxdata.com/influxdb3/core/admin/databases/create/
    /api/v2/write: `bucket` is the database, Token or Bearer. /query: Bearer, Token, or a password. Databases are made
    at /api/v3/configure/database. A tag and a field of one table can't have the same name.

What is written goes into a real InfluxDB 2, which also answers the questions: line protocol and InfluxQL are the same.
"""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from support.influx import ORG, TOKEN, InfluxServer


@dataclass
class Standin:
    """`version` 1 or 3; `token` is what it takes. Databases are buckets of `behind`."""

    version: str
    token: str
    behind: InfluxServer
    databases: dict[str, str] = field(default_factory=dict)
    """Name -> how long it keeps, as the server says it."""
    refused: list[str] = field(default_factory=list)
    url: str = ""

    def may(self, path: str, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        if self.version == "1":
            if path == "/api/v2/write":
                return scheme == "Token" and given == self.token
            return scheme == "Basic" and base64.b64decode(given).decode() == self.token
        if path.startswith("/api/v3/"):
            return scheme == "Bearer" and given == self.token
        return scheme in ("Bearer", "Token") and given == self.token

    def make(self, name: str, keeps: str) -> None:
        self.databases[name] = keeps
        self.behind.make_bucket(name)

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, Any]:
        if path == "/api/v2/write" and method == "POST":
            return self._write(query, body)
        if path == "/query":
            asked = {**query, **{k: v[0] for k, v in parse_qs(body.decode()).items()}}
            if self.version == "1" and (found := self._administer(asked["q"])) is not None:
                return 200, {"results": [{"statement_id": 0, **found}]}
            if asked.get("db") not in self.databases:
                return 404, {"error": f"database not found: {asked.get('db')}"}
            got = httpx.get(
                f"{self.behind.url}/query", params=asked, headers={"Authorization": f"Token {TOKEN}"}, timeout=30
            )
            return got.status_code, got.json()
        if path == "/api/v3/configure/database" and self.version == "3":
            if method == "GET":
                return 200, [{"iox::database": name} for name in ("_internal", *self.databases)]
            wanted = json.loads(body)
            if wanted["db"] in self.databases:
                return 409, {"error": "attempted to create a resource that already exists"}
            self.make(wanted["db"], wanted.get("retention_period", "none"))
            return 200, None
        return 404, {"error": "not found"}

    def _write(self, query: dict[str, str], body: bytes) -> tuple[int, Any]:
        name = query["bucket"].split("/")[0]
        if name not in self.databases:
            if self.version == "1":
                return 404, {"error": f'database not found: "{name}"'}
            self.make(name, "none")  # 3 makes a database at the first write
        if self.version == "3":
            for line in body.decode().splitlines():
                series, fields = re.split(r"(?<!\\) ", line, maxsplit=1)
                tags = set(re.findall(r"(?<!\\),([a-z_]+)=", series))
                twice = tags & set(re.findall(r"(?:^|,)([a-z_0-9]+)=", re.sub(r'"(?:[^"\\]|\\.)*"', "", fields)))
                if twice:
                    return 400, {"error": f"partial write: {twice} is a tag and a field"}
        got = httpx.post(
            f"{self.behind.url}/api/v2/write",
            params={"org": ORG, "bucket": name, "precision": query.get("precision", "ns")},
            content=body,
            headers={"Authorization": f"Token {TOKEN}"},
            timeout=30,
        )
        return got.status_code, (got.json() if got.content else None)

    def _administer(self, statement: str) -> dict[str, Any] | None:
        """1.8's statements on databases; None for a question."""
        if statement == "SHOW DATABASES":
            names = [[name] for name in ("_internal", *self.databases)]
            return {"series": [{"name": "databases", "columns": ["name"], "values": names}]}
        made = re.fullmatch(r'CREATE DATABASE "(.+)" WITH DURATION (\S+) REPLICATION 1 NAME autogen', statement)
        if made:
            self.make(made[1], _hours(made[2]))
            return {}
        shown = re.fullmatch(r'SHOW RETENTION POLICIES ON "(.+)"', statement)
        if shown:
            columns = ["name", "duration", "shardGroupDuration", "replicaN", "default"]
            row = ["autogen", self.databases[shown[1]], "168h0m0s", 1, True]
            return {"series": [{"columns": columns, "values": [row]}]}
        altered = re.fullmatch(r'ALTER RETENTION POLICY "autogen" ON "(.+)" DURATION (\S+) DEFAULT', statement)
        if altered:
            self.databases[altered[1]] = _hours(altered[2])
            return {}
        return None


def _hours(duration: str) -> str:
    return "0s" if duration == "INF" else f"{int(duration.removesuffix('d')) * 24}h0m0s"


@contextmanager
def standin(version: str, token: str, behind: InfluxServer) -> Iterator[Standin]:
    """It listens on 127.0.0.1 until the end of the block."""
    made = Standin(version, token, behind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if made.may(parts.path, self.headers.get("Authorization", "")):
                status, answer = made.answer(self.command, parts.path, query, body)
            else:
                made.refused.append(parts.path)
                status, answer = 401, {"error": "authorization failed"}
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
