"""My account: language, password, where I am signed in, tokens."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tocsin.accounts.page import Fields, Shared, address_of, agent_of, fields_of, go, me, one, show, signed_in
from tocsin.accounts.refusals import Reason, RefusedError
from tocsin.accounts.roles import Permission, Principal
from tocsin.accounts.scopes import scope_name
from tocsin.accounts.tokens import MOST_DAYS


class AccountPages:
    """Each is about the one who looks."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._accounts = shared.accounts

    async def show(self, request: Request) -> Response:
        return await self._page(request)

    async def language(self, request: Request) -> Response:
        who, fields = me(request), await fields_of(request)
        if who is None or fields is None:
            return go(request, "/login?next=/account")
        await run_in_threadpool(
            self._accounts.users.change_language, who.name, "en" if one(fields, "language") == "en" else "zh"
        )
        return go(request, "/account")

    async def password(self, request: Request) -> Response:
        who, fields = me(request), await fields_of(request)
        if who is None or fields is None:
            return go(request, "/login?next=/account")
        new = one(fields, "password")
        try:
            if new != one(fields, "repeat"):
                raise RefusedError(Reason.PASSWORD_DIFFERS)
            secret = await run_in_threadpool(
                self._accounts.change_password, who, one(fields, "old"), new, address_of(request), agent_of(request)
            )
        except RefusedError as refused:
            return await self._page(request, 400, refused)
        return signed_in(request, secret, "/account?done=1")

    async def end_session(self, request: Request) -> Response:
        who = me(request)
        if who is not None:
            await run_in_threadpool(self._accounts.sessions.end_one, who, request.path_params["session"])
        return go(request, "/account")

    async def sign_out_everywhere(self, request: Request) -> Response:
        who = me(request)
        if who is not None:
            await run_in_threadpool(self._accounts.sessions.end_all, who, who.name)
        return go(request, "/login")

    async def make_token(self, request: Request) -> Response:
        who, fields = me(request), await fields_of(request)
        if who is None or fields is None:
            return go(request, "/login?next=/account")
        try:
            secret = await run_in_threadpool(self._make_token, who, fields)
        except RefusedError as refused:
            return await self._page(request, 400, refused)
        return await self._page(request, token=secret)

    async def revoke_token(self, request: Request) -> Response:
        who = me(request)
        if who is not None:
            try:
                await run_in_threadpool(self._accounts.tokens.revoke, who, request.path_params["token"])
            except RefusedError as refused:
                return await self._page(request, 404, refused)
        return go(request, "/account?done=1")

    def _make_token(self, who: Principal, fields: Fields) -> str:
        wanted = one(fields, "enterprises").split()
        unknown = [enterprise for enterprise in wanted if enterprise not in self._shared.site_of().enterprises]
        if unknown:
            raise RefusedError(Reason.UNKNOWN_SCOPE, unknown[0][:80])
        try:
            days = float(one(fields, "days"))
            permissions = [Permission(name) for name in fields.get("permission", [])]
        except ValueError:
            raise RefusedError(Reason.TOKEN_SPAN, str(MOST_DAYS)) from None
        secret, _ = self._accounts.tokens.make(
            who, who.name, one(fields, "token_name"),
            days=days, permissions=permissions or None, enterprises=wanted or None,
        )  # fmt: skip
        return secret

    async def _page(
        self, request: Request, status: int = 200, refused: RefusedError | None = None, token: str = ""
    ) -> Response:
        who = me(request)
        if who is None:
            return go(request, "/login?next=/account")
        user = await run_in_threadpool(self._accounts.users.get, who.name)
        return show(
            self._shared,
            request,
            "account.html",
            status,
            refused=refused,
            token=token,
            scope=scope_name(who.scope, self._shared.site_of(), who.language),
            has_password=user.has_password,
            sessions=await run_in_threadpool(self._accounts.sessions.of, who, who.name),
            tokens=await run_in_threadpool(self._accounts.tokens.of, who, who.name),
            most_days=MOST_DAYS,
            now_ms=self._shared.clock.now_ms(),
        )
