"""Sign-ins by an identity provider that are under way, from the redirect to it until it sends the browser back."""

from dataclasses import dataclass
from typing import Final

from tocsin.accounts.proofs import digest, new_secret
from tocsin.accounts.schema import AccountsFile
from tocsin.clock import Clock

VALID_S: Final = 600.0
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Flow:
    """`state` goes to the provider and comes back; `browser` is the content of a cookie; `verifier` is PKCE's."""

    state: str
    browser: str
    nonce: str
    verifier: str
    next: str


class OidcFlows:
    """Thread-safe. Each is good once, in the browser that began it."""

    def __init__(self, file: AccountsFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def begin(self, next_path: str) -> Flow:
        flow = Flow(new_secret(), new_secret(), new_secret(), new_secret(), next_path)
        now_ms = self._clock.now_ms()
        row = (
            digest(flow.state), digest(flow.browser), flow.nonce, flow.verifier, next_path,
            now_ms + round(VALID_S * 1000),
        )  # fmt: skip
        with self._file.changing() as db:
            db.execute("DELETE FROM oidc_flows WHERE expires_at <= ?", (now_ms,))
            db.execute(
                "DELETE FROM oidc_flows WHERE digest IN"
                " (SELECT digest FROM oidc_flows ORDER BY expires_at DESC LIMIT -1 OFFSET ?)",
                (_MOST,),
            )
            db.execute("INSERT INTO oidc_flows VALUES (?, ?, ?, ?, ?, ?)", row)
        return flow

    def finish(self, state: str, browser: str) -> Flow | None:
        """The flow, which is over then; None if there is none of that state in that browser."""
        with self._file.changing() as db:
            row = db.execute(
                "SELECT nonce, verifier, next FROM oidc_flows WHERE digest = ? AND browser = ? AND expires_at > ?",
                (digest(state), digest(browser), self._clock.now_ms()),
            ).fetchone()
            if row is None:
                return None
            db.execute("DELETE FROM oidc_flows WHERE digest = ?", (digest(state),))
        return Flow(state, browser, *row)
