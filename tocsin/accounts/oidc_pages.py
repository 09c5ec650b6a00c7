"""To the identity provider and back."""

from typing import Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tocsin.accounts.cookies import OIDC, is_secure, set_cookie
from tocsin.accounts.oidc import OidcError, OidcProvider
from tocsin.accounts.oidc_flows import VALID_S
from tocsin.accounts.page import Shared, address_of, agent_of, end_session, safe_next, show, signed_in
from tocsin.accounts.refusals import Reason, RefusedError

_PATH: Final = "/oidc"

_log = structlog.get_logger(__name__)


class OidcPages:
    """The cookie of the flow goes along: what another browser began is not finished here."""

    def __init__(self, shared: Shared, provider: OidcProvider) -> None:
        self._shared = shared
        self._provider = provider

    async def start(self, request: Request) -> Response:
        next_path = safe_next(request.query_params.get("next", ""))
        flow = await run_in_threadpool(self._shared.accounts.oidc_flows.begin, next_path)
        try:
            url = await self._provider.address(flow, self._back(request))
        except OidcError as error:
            return self._failed(request, error)
        response = RedirectResponse(url, 302)
        path = f"{request.scope.get('root_path', '')}{_PATH}"
        set_cookie(response, OIDC, flow.browser, secure=is_secure(request.scope), path=path, max_age_s=VALID_S)
        return response

    async def callback(self, request: Request) -> Response:
        given, browser = request.query_params, request.cookies.get(OIDC, "")
        accounts, settings = self._shared.accounts, self._provider.settings
        flow = await run_in_threadpool(accounts.oidc_flows.finish, given.get("state", ""), browser)
        if flow is None:
            return self._failed(request, OidcError("no sign-in of this state was begun in this browser"))
        try:
            if "code" not in given:
                raise OidcError("the provider refused")
            claims = await self._provider.claims(flow, given["code"], self._back(request), given.get("iss"))
        except OidcError as error:
            return self._failed(request, error)
        try:
            secret = await run_in_threadpool(
                accounts.oidc_users.sign_in,
                f"{settings.issuer} {claims['sub']}",
                str(claims.get(settings.name_claim) or ""),
                str(claims.get("name") or ""),
                settings.place(claims),
                by_rules=bool(settings.rule),
                address=address_of(request),
                agent=agent_of(request),
            )
        except RefusedError as refused:
            return self._form(request, 403, refused)
        await end_session(self._shared, request)
        return signed_in(request, secret, flow.next)

    def _back(self, request: Request) -> str:
        return f"{self._shared.base(request)}{_PATH}/callback"

    def _failed(self, request: Request, error: OidcError) -> Response:
        _log.warning("oidc_failed", error=str(error), address=address_of(request))
        return self._form(request, 502 if "code" not in request.query_params else 403, RefusedError(Reason.OIDC_FAILED))

    def _form(self, request: Request, status: int, refused: RefusedError) -> Response:
        label = self._provider.label
        return show(self._shared, request, "sign_in.html", status, refused=refused, next="/", name="", oidc_label=label)
