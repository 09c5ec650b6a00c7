"""The API as one ASGI app, to be mounted at /api/v1."""

from typing import Any, Final

import msgspec
from fastapi import FastAPI
from starlette.middleware import Middleware

from tocsin.accounts.accounts import Accounts
from tocsin.api.bodies import CheckedBodies
from tocsin.api.forms.form import SHOWN
from tocsin.api.problems import Problem, handle_problems
from tocsin.api.rates import RateLimits, Rates
from tocsin.api.routes.alarms import alarm_routes
from tocsin.api.routes.disposals import disposal_routes
from tocsin.api.routes.feed import feed_routes
from tocsin.api.routes.hazard_reports import hazard_report_routes
from tocsin.api.routes.health import health_routes
from tocsin.api.routes.live import live_routes
from tocsin.api.routes.overrides import override_routes
from tocsin.api.routes.places import place_routes
from tocsin.api.routes.reports import report_routes
from tocsin.api.routes.risk import risk_routes
from tocsin.api.routes.rules import rule_routes
from tocsin.api.routes.socket import socket_routes
from tocsin.api.who import KnowWho
from tocsin.centre.centre import Centre

VERSION: Final = "1"
MOUNTED_AT: Final = "/api/v1"
_REF: Final = "#/components/schemas/{name}"
_ABOUT: Final = """\
Alarms, readings and places of one monitoring centre, and what people do about them.

Times are milliseconds since the epoch (UTC); values and limits are in the point's unit. Everybody sees their own part
of the site: what lies outside looks as if it were not there. Mistakes are problem details (RFC 9457).
"""
_TAGS: Final = (
    ("alarms", "Alarms and incidents, and what people do to them"),
    ("disposals", "What is done about alarms, until they are closed with a cause"),
    ("overrides", "What is shelved, out of service or disabled"),
    ("notices", "Calls that wait for an approval"),
    ("places", "The site: regions, enterprises, units and points"),
    ("values", "Last readings and trends"),
    ("risk", "Inherent grades and alarm states of places"),
    ("devices", "Which devices report, coverage, online rates"),
    ("hazard reports", "Reports of the public hotline 12350 and of inspections"),
    ("reports", "Figures over a period"),
    ("rules", "Rules in force, and what others would have done"),
    ("live", "Streams of alarms, values and the pulse"),
    ("northbound", "The feed for the platform above"),
    ("centre", "Yourself, the centre's health, the audit trail"),
)
_ROUTES: Final = (
    alarm_routes,
    disposal_routes,
    override_routes,
    place_routes,
    risk_routes,
    hazard_report_routes,
    report_routes,
    rule_routes,
    health_routes,
)


def make_api(centre: Centre, accounts: Accounts | None = None, *, rates: Rates | None = None) -> FastAPI:
    """The app. Whoever runs it starts and stops `centre.watch`.

    accounts  tells who asks, unless an app around this one has put `principal` into the request's state already; and
              whether they still may, while a stream goes on
    """
    middleware = [Middleware(RateLimits, rates=rates or Rates()), Middleware(CheckedBodies)]
    if accounts is not None:
        middleware.insert(0, Middleware(KnowWho, accounts=accounts))
    app = FastAPI(
        title="Tocsin",
        version=VERSION,
        description=_ABOUT,
        openapi_tags=[{"name": name, "description": said} for name, said in _TAGS],
        servers=[{"url": MOUNTED_AT}],
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        middleware=middleware,
    )
    handle_problems(app, centre.data)
    for routes in _ROUTES:
        app.include_router(routes(centre))
    app.include_router(feed_routes(centre, accounts))
    app.include_router(live_routes(centre, accounts))
    app.include_router(socket_routes(centre, accounts))
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Put the schemas of what answers are made of into the OpenAPI document."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            _, shown = msgspec.json.schema_components(SHOWN.values(), ref_template=_REF)
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(shown)
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs", {}))
            schemas["Problem"] = problem
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
