"""Scopes as people write and read them, against a site."""

from plant.site import Site
from tocsin.accounts.refusals import Reason, RefusedError
from tocsin.accounts.roles import Scope, ScopeKind
from tocsin.accounts.users import WHOLE_SITE, Language
from tocsin.accounts.words import WORDS


def read_scope(text: str, site: Site) -> Scope:
    """`site`, `region:R1`, `park:P1` or `enterprise:E001`. RefusedError for what the site does not have."""
    if text == "site":
        return WHOLE_SITE
    written, _, place = text.partition(":")
    for kind, ids in places_of(site).items():
        if kind == written and place in ids:
            return Scope(kind, place)
    raise RefusedError(Reason.UNKNOWN_SCOPE, text[:80])


def check_contact(contact: str, site: Site) -> None:
    """RefusedError unless it is empty or a contact of the site."""
    if contact and contact not in site.contacts:
        raise RefusedError(Reason.UNKNOWN_CONTACT, contact[:80])


def places_of(site: Site) -> dict[ScopeKind, dict[str, str]]:
    """Kind -> id -> name, of all that somebody can be limited to."""
    regions = {e.region: e.region for e in site.enterprises.values() if e.region}
    return {
        "region": regions | {r.region: r.name or r.region for r in site.regions.values()},
        "park": {e.park: e.park for e in site.enterprises.values() if e.park},
        "enterprise": {e.enterprise: e.name or e.enterprise for e in site.enterprises.values()},
    }


def scope_name(scope: Scope, site: Site, language: Language) -> str:
    """The scope for a person."""
    if scope.kind == "site":
        return WORDS[language].scopes["site"]
    return f"{WORDS[language].scopes[scope.kind]} {places_of(site)[scope.kind].get(scope.id, scope.id)}"
