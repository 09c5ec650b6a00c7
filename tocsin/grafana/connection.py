"""A connection to Grafana's HTTP API, by grafana-client; what goes wrong is said in words that help."""

from collections.abc import Callable
from typing import Any, Final

import niquests.exceptions
from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException

from alerts.channels.settings import read_secret_line
from tocsin.grafana.errors import GrafanaError
from tocsin.settings.grafana import GrafanaSettings

OLDEST: Final = (11, 0)
"""Rules that name whom they tell, and folders' uids everywhere: both are there from this version on."""


class Grafana:
    """One organisation of a Grafana. Calls are made one after the other."""

    def __init__(self, settings: GrafanaSettings, org_id: int | None = None) -> None:
        """Nothing is sent yet. ValueError if the key can't be read."""
        self.url = settings.url
        self._key = settings.token_file or settings.password_file
        self._api: Any = GrafanaApi.from_url(
            f"{settings.url}/", credential=_credential(settings), timeout=settings.timeout_s
        )
        if settings.ca_file is not None:
            self._api.client.verify = str(settings.ca_file)
        if org_id is not None:
            self._api.client.s.headers["X-Grafana-Org-Id"] = str(org_id)

    def check_version(self) -> str:
        """The version of the server. GrafanaError if it can't be reached or is too old."""
        answer = self.get("its health", "/health")
        version = str(answer.get("version", "")) if isinstance(answer, dict) else ""
        if not version:
            raise GrafanaError(f"{self.url} answers, but is no Grafana (or hides its version): is the address right?")
        if _numbers(version) < OLDEST:
            wanted = ".".join(map(str, OLDEST))
            raise GrafanaError(f"{self.url} is Grafana {version}: needed is {wanted} or newer")
        return version

    def get(self, what: str, path: str) -> Any:
        """What Grafana answers; `what` says in words what is read."""
        return self._call(f"read {what}", self._api.client.GET, path)

    def find(self, what: str, path: str) -> Any | None:
        """The same, or None where there is no such thing."""
        try:
            return self._call(f"read {what}", self._api.client.GET, path)
        except _NotThereError:
            return None

    def do(self, what: str, call: Callable[[Any], Any]) -> Any:
        """Let `call` do something with the client (`grafana_client.GrafanaApi`); `what` says in words what it does."""
        return self._call(what, call, self._api)

    def _call(self, what: str, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except GrafanaClientError as error:
            raise self._refused(what, error) from None
        except GrafanaException as error:
            raise GrafanaError(f"{self.url} could not {what}: {error.message}") from None
        except niquests.exceptions.InvalidJSONError:
            raise GrafanaError(f"{self.url} answers, but not as Grafana does: is the address right?") from None
        except niquests.exceptions.RequestException as error:
            raise GrafanaError(f"{self.url} can't be reached: {_why(error)}") from None

    def _refused(self, what: str, error: GrafanaClientError) -> GrafanaError:
        said = error.response.get("message") if isinstance(error.response, dict) else None
        if error.status_code == 401:
            return GrafanaError(f"{self.url} does not know the key in {self._key} (401)")
        if error.status_code == 403:
            return GrafanaError(f"the key in {self._key} may not {what} (403): it needs the role Admin")
        if error.status_code == 404:
            return _NotThereError(f"{self.url} has nothing where to {what} (404): {said or 'not found'}")
        return GrafanaError(f"{self.url} refused to {what} ({error.status_code}): {said or 'it does not say why'}")


class _NotThereError(GrafanaError):
    """404."""


def _credential(settings: GrafanaSettings) -> str | tuple[str, str]:
    if settings.token_file is not None:
        return read_secret_line(settings.token_file)
    if settings.username is None or settings.password_file is None:
        raise ValueError("[grafana] has no key: either token_file, or username and password_file")
    return settings.username, read_secret_line(settings.password_file)


def _numbers(version: str) -> tuple[int, ...]:
    """12.1.0-pre as (12, 1)."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("-")[0].split(".")[:2])


def _why(error: Exception) -> str:
    """The innermost reason, without the address with which libraries repeat themselves."""
    text = str(error)
    for sign, said in (
        ("refused", "connection refused"),
        ("timed out", "no answer in time"),
        ("CERTIFICATE_VERIFY", "its certificate is not trusted (ca_file names an authority)"),
        ("resolve", "no such host"),
        ("Name or service", "no such host"),
    ):
        if sign.lower() in text.lower():
            return said
    return text
