"""What is wrong with the settings of self-tests and heartbeat on this site, before anything starts."""

from alerts.channels.http import authority
from alerts.channels.webhook import read_secret
from plant.mistakes import InputError, Mistake
from tocsin.configuration import Configured
from tocsin.selftest.target import find_target
from tocsin.settings import Settings


def check_settings(settings: Settings, configured: Configured, file: str) -> None:
    """InputError with every mistake; `file` is where the settings come from."""
    mistakes: list[Mistake] = []
    given = settings.selftest
    if given is not None:
        try:
            find_target(settings, configured)
        except ValueError as error:
            mistakes.append(Mistake(file, 1, "selftest", str(error)))
        names = [one.name for one in (*settings.channel, *settings.webhook)]
        for name in given.over:
            if name not in names:
                allowed = ", ".join(names) or "none, for there are no channels"
                mistakes.append(Mistake(file, 1, "selftest.over", f"{name} is no channel, allowed are {allowed}"))
    heart = settings.heartbeat
    if heart is not None:
        try:
            authority(heart.ca_file)
            if heart.secret_file is not None:
                read_secret(heart.secret_file)
        except ValueError as error:
            mistakes.append(Mistake(file, 1, "heartbeat", str(error)))
    if mistakes:
        raise InputError(mistakes)
