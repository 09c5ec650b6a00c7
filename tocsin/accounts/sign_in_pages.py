"""Signing in and out, and choosing a password by a one-time link."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tocsin.accounts.cookies import SESSION, is_secure
from tocsin.accounts.page import (
    Shared,
    address_of,
    agent_of,
    end_session,
    fields_of,
    go,
    language_of,
    me,
    one,
    safe_next,
    show,
    signed_in,
)
from tocsin.accounts.refusals import Reason, RefusedError
from tocsin.accounts.words import WORDS


class SignInPages:
    """GET changes nothing."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def ask(self, request: Request) -> Response:
        """The form; whoever is signed in goes on."""
        next_path = safe_next(request.query_params.get("next", ""))
        if me(request) is not None:
            return go(request, next_path)
        return self._form(request, next_path)

    async def sign_in(self, request: Request) -> Response:
        fields = await fields_of(request)
        if fields is None:
            return self._form(request, "/", 400, RefusedError(Reason.FORM_STALE))
        next_path, name = safe_next(one(fields, "next")), one(fields, "name")
        try:
            secret = await run_in_threadpool(
                self._shared.accounts.sign_in, name, one(fields, "password"), address_of(request), agent_of(request)
            )
        except RefusedError as refused:
            return self._form(request, next_path, 429 if refused.reason is Reason.OFTEN else 401, refused, name)
        await end_session(self._shared, request)
        return signed_in(request, secret, next_path)

    async def ask_sign_out(self, request: Request) -> Response:
        return go(request, "/login") if me(request) is None else show(self._shared, request, "sign_out.html")

    async def sign_out(self, request: Request) -> Response:
        if me(request) is not None:
            await end_session(self._shared, request)
        response = go(request, "/login")
        response.delete_cookie(SESSION, path="/", secure=is_secure(request.scope), httponly=True, samesite="lax")
        return response

    async def ask_password(self, request: Request) -> Response:
        return await self._password_form(request)

    async def set_password(self, request: Request) -> Response:
        fields = await fields_of(request)
        if fields is None:
            return await self._password_form(request, 400, RefusedError(Reason.FORM_STALE))
        given = {name: one(fields, name) for name in ("name", "display_name")}
        try:
            if one(fields, "password") != one(fields, "repeat"):
                raise RefusedError(Reason.PASSWORD_DIFFERS)
            secret = await run_in_threadpool(
                self._shared.accounts.use_link,
                request.path_params["token"],
                one(fields, "password"),
                **given,
                language=language_of(request),
                address=address_of(request),
                agent=agent_of(request),
            )
        except RefusedError as refused:
            return await self._password_form(request, 400, refused, **given)
        await end_session(self._shared, request)
        return signed_in(request, secret)

    def _form(
        self, request: Request, next_path: str, status: int = 200, refused: RefusedError | None = None, name: str = ""
    ) -> Response:
        label = self._shared.oidc_label
        return show(
            self._shared, request, "sign_in.html", status, refused=refused, next=next_path, name=name, oidc_label=label
        )

    async def _password_form(
        self,
        request: Request,
        status: int = 200,
        refused: RefusedError | None = None,
        *,
        name: str = "",
        display_name: str = "",
    ) -> Response:
        link = await run_in_threadpool(self._shared.accounts.links.look, request.path_params["token"])
        if link is None:
            words = WORDS[language_of(request)]
            title, text = words["link_over_title"], words["link_over"]
            return show(self._shared, request, "message.html", 410, title=title, text=text)
        return show(
            self._shared, request, "set_password.html", status,
            refused=refused, user=link.user, name=name, display_name=display_name,
        )  # fmt: skip
