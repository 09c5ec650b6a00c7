"""The users, for administrators: add, change, disable, make a link, see who did what."""

from collections.abc import Callable
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tocsin.accounts.links import VALID_S
from tocsin.accounts.page import Fields, Shared, fields_of, go, language_of, me, one, show
from tocsin.accounts.refusals import Reason, RefusedError
from tocsin.accounts.roles import Permission, Principal, Role, Scope
from tocsin.accounts.scopes import check_contact, places_of, read_scope, scope_name
from tocsin.accounts.users import plain, scope_text
from tocsin.accounts.words import WORDS

_A_PAGE = 50


class UsersPages:
    """Whoever may not manage users is told so, and shown nothing."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._accounts = shared.accounts

    async def list(self, request: Request) -> Response:
        who = self._manager(request)
        return who if isinstance(who, Response) else await self._list(request, who)

    async def add(self, request: Request) -> Response:
        """Add a user, and show the link by which they choose a password."""
        who = self._manager(request)
        if isinstance(who, Response):
            return who
        fields = await fields_of(request)
        if fields is None:
            return await self._list(request, who, RefusedError(Reason.FORM_STALE))
        try:
            link = await run_in_threadpool(self._add, who, fields)
        except RefusedError as refused:
            return await self._list(request, who, refused, fields)
        return await self._user(request, who, plain(one(fields, "name")), link=link)

    async def show(self, request: Request) -> Response:
        who = self._manager(request)
        return who if isinstance(who, Response) else await self._user(request, who, request.path_params["name"])

    async def role(self, request: Request) -> Response:
        def change(who: Principal, name: str, fields: Fields) -> None:
            role, scope = self._role_and_scope(fields)
            self._accounts.users.change_role(who, name, role, scope)

        return await self._change(request, change)

    async def details(self, request: Request) -> Response:
        def change(who: Principal, name: str, fields: Fields) -> None:
            contact = one(fields, "contact").strip()
            check_contact(contact, self._shared.site_of())
            shown = one(fields, "display_name").strip()
            self._accounts.users.change_details(who, name, display_name=shown, contact=contact)

        return await self._change(request, change)

    async def disable(self, request: Request) -> Response:
        return await self._change(request, lambda who, name, _: self._accounts.users.disable(who, name))

    async def enable(self, request: Request) -> Response:
        return await self._change(request, lambda who, name, _: self._accounts.users.enable(who, name))

    async def sign_out(self, request: Request) -> Response:
        return await self._change(request, lambda who, name, _: self._accounts.sessions.end_all(who, name))

    async def revoke_token(self, request: Request) -> Response:
        token = request.path_params["token"]
        return await self._change(request, lambda who, name, _: self._accounts.tokens.revoke(who, token))

    async def link(self, request: Request) -> Response:
        who = self._manager(request)
        if isinstance(who, Response):
            return who
        name = request.path_params["name"]
        try:
            link = await run_in_threadpool(self._accounts.links.make, who, name)
        except RefusedError as refused:
            return await self._user(request, who, name, refused)
        return await self._user(request, who, name, link=link)

    async def trail(self, request: Request) -> Response:
        who = self._manager(request)
        if isinstance(who, Response):
            return who
        user, before = request.query_params.get("user"), request.query_params.get("before", "")
        last = int(before) if before.isdecimal() and len(before) < 16 else None
        entries = await run_in_threadpool(self._accounts.trail.newest, _A_PAGE, user=user, before=last)
        older = {"before": str(entries[-1].seq)} if len(entries) == _A_PAGE else {}
        if older and user:
            older["user"] = user
        return show(self._shared, request, "trail.html", entries=entries, older=urlencode(older))

    def _manager(self, request: Request) -> Principal | Response:
        who = me(request)
        if who is None:
            return go(request, "/login?next=/users")
        if who.may(Permission.USERS):
            return who
        words = WORDS[who.language]
        title, text = words["not_allowed_title"], words["not_allowed"]
        return show(self._shared, request, "message.html", 403, title=title, text=text)

    async def _change(self, request: Request, change: Callable[[Principal, str, Fields], object]) -> Response:
        who = self._manager(request)
        if isinstance(who, Response):
            return who
        name, fields = request.path_params["name"], await fields_of(request)
        try:
            if fields is None:
                raise RefusedError(Reason.FORM_STALE)
            await run_in_threadpool(change, who, name, fields)
        except RefusedError as refused:
            return await self._user(request, who, name, refused)
        return go(request, f"/users/{quote(name)}?done=1")

    def _add(self, who: Principal, fields: Fields) -> str:
        role, scope = self._role_and_scope(fields)
        name, contact = one(fields, "name"), one(fields, "contact").strip()
        check_contact(contact, self._shared.site_of())
        self._accounts.users.add(
            who, name, role, scope, display_name=one(fields, "display_name").strip(), contact=contact,
            language="en" if one(fields, "language") == "en" else "zh",
        )  # fmt: skip
        return self._accounts.links.make(who, name)

    def _role_and_scope(self, fields: Fields) -> tuple[Role, Scope]:
        try:
            role = Role(one(fields, "role"))
        except ValueError:
            raise RefusedError(Reason.FORM_STALE) from None
        return role, read_scope(one(fields, "scope"), self._shared.site_of())

    async def _list(
        self, request: Request, who: Principal, refused: RefusedError | None = None, given: Fields | None = None
    ) -> Response:
        names = ("name", "display_name", "contact", "role", "scope", "language")
        return show(
            self._shared,
            request,
            "users.html",
            400 if refused is not None else 200,
            refused=refused,
            users=await run_in_threadpool(self._accounts.users.all, who),
            given={
                "role": Role.OPERATOR,
                **{name: one(given or {}, name) for name in names if given or name != "role"},
            },
            **self._choices(request),
        )

    async def _user(
        self, request: Request, who: Principal, name: str, refused: RefusedError | None = None, link: str = ""
    ) -> Response:
        user = await run_in_threadpool(self._accounts.users.find, name)
        if user is None:
            return await self._list(request, who, RefusedError(Reason.UNKNOWN_USER, name[:80]))
        return show(
            self._shared,
            request,
            "user.html",
            400 if refused is not None else 200,
            refused=refused,
            user=user,
            here=f"/users/{quote(user.name)}",
            link=f"{self._shared.base(request)}/set-password/{link}" if link else "",
            hours=round(VALID_S["reset" if user.has_password else "invitation"] / 3600),
            tokens=await run_in_threadpool(self._accounts.tokens.of, who, user.name),
            scope_text=scope_text,
            **self._choices(request),
        )

    def _choices(self, request: Request) -> dict[str, object]:
        site, language = self._shared.site_of(), language_of(request)
        return {
            "roles": list(Role),
            "scopes": [(kind, sorted(ids.items())) for kind, ids in places_of(site).items() if ids],
            "contacts": sorted((c.contact, c.name) for c in site.contacts.values()),
            "scope_name": lambda scope: scope_name(scope, site, language),
        }
