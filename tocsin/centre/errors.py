"""Why the centre does not do what it was asked. The texts are for people."""


class ForbiddenError(Exception):
    """The person may not do this, or not here."""


class NotFoundError(Exception):
    """There is no such thing, or the person does not see it: both look the same."""


class RefusedError(Exception):
    """It was not done, for the reason given: the alarm is in another state, somebody was quicker."""


class UnavailableError(Exception):
    """The service, or its data, can't be reached now. Trying again later helps."""


class NotHereError(UnavailableError):
    """This installation can't do it, also not later: a cluster has no single service and no journal."""
