"""A data folder whose alarm book takes what was written straight to the log, as the next start of the service does."""

from support.data_folder import START_MS, Made

from tocsin.configuration import read_configuration
from tocsin.runtime.core import Core


def fold_again(made: Made) -> None:
    core = Core.open(made.data, read_configuration(made.site), (), START_MS + 60_000)
    core.checkpoint()()
    core.close()
