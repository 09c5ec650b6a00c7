"""Whom to call at an enterprise: for those who answer alarms, and nobody else."""

from plant.site import Contact
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.errors import NotFoundError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand, demand_sight


class Contacts:
    """Thread-safe."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds

    def of_enterprise(self, principal: Principal, enterprise: str) -> list[Contact]:
        """Those that contacts.csv names for it, in its order. ForbiddenError; NotFoundError."""
        demand(principal, Permission.ACKNOWLEDGE)
        grounded = self._grounds.now()
        if enterprise not in grounded.site.enterprises:
            raise NotFoundError(f"there is no enterprise {enterprise}")
        demand_sight(grounded.sight(principal), enterprise, f"enterprise {enterprise}")
        return [c for c in grounded.site.contacts.values() if c.region_or_enterprise == enterprise]
