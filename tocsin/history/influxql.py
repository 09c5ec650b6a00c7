"""Questions to InfluxDB in InfluxQL, at /query: 1.8, 2.x and 3 all answer them."""

import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec

from tocsin.followers.influx.settings import InfluxSettings


class QueryError(Exception):
    """No answer. `refused`: it won't get well by waiting (token, database, the question itself)."""

    def __init__(self, message: str, *, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused


class Series(msgspec.Struct, frozen=True):
    """Rows of equal tags; the first column is `time`, in ns."""

    columns: tuple[str, ...]
    values: Sequence[Sequence[Any]] = ()
    tags: Mapping[str, str] = {}
    name: str = ""

    def column(self, name: str) -> list[Any]:
        at = self.columns.index(name)
        return [row[at] for row in self.values]


class _Result(msgspec.Struct):
    series: list[Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


class InfluxQl:
    """One connection pool; from any thread. `close` it."""

    def __init__(self, settings: InfluxSettings, token: str, timeout_s: float | None = None) -> None:
        """InputError or OSError where the certificate authority can't be read."""
        verify: bool | ssl.SSLContext = True
        if settings.ca_file is not None:
            verify = ssl.create_default_context(cafile=str(settings.ca_file))
        auth, headers = credentials(settings.version, token)
        self._client = httpx.Client(
            base_url=settings.url,
            auth=auth,
            headers=headers,
            verify=verify,
            timeout=settings.timeout_s if timeout_s is None else timeout_s,
            trust_env=False,
        )
        self._decode = msgspec.json.Decoder(_Answer).decode

    def ask(self, bucket: str, statement: str) -> list[Series]:
        """The series of one statement. QueryError where there is no answer."""
        try:
            # Only SHOW and SELECT are asked; POST, for a statement may be longer than an address.
            answer = self._client.post("/query", data={"db": bucket, "q": statement, "epoch": "ns"})
        except httpx.HTTPError as error:
            raise QueryError(f"{type(error).__name__}: {error}", refused=False) from error
        try:
            found = self._decode(answer.content)
        except msgspec.MsgspecError:
            found = _Answer(error=answer.text[:200])
        errors = [found.error, *(result.error for result in found.results)]
        wrong = next((error for error in errors if error), "")
        if answer.status_code != httpx.codes.OK or wrong:
            refused = answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR and answer.status_code != 429
            raise QueryError(f"HTTP {answer.status_code}: {wrong}", refused=refused)
        return [series for result in found.results for series in result.series]

    def close(self) -> None:
        self._client.close()


def credentials(version: str, token: str) -> tuple[tuple[str, str] | None, dict[str, str]]:
    """How a request shows the token: (user and password of HTTP Basic, headers)."""
    if version == "1":
        user, _, password = token.partition(":")
        return (user, password), {}
    return None, {"Authorization": f"{'Bearer' if version == '3' else 'Token'} {token}"}


def literal(text: str) -> str:
    """A string in InfluxQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
