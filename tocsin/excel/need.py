"""What to say when the library for Excel files is not there."""

import importlib.util

from plant.mistakes import InputError, Mistake


def need_openpyxl(file: str) -> None:
    """InputError that says what to install, where openpyxl is missing."""
    if importlib.util.find_spec("openpyxl") is None:
        raise InputError([Mistake(file, 1, "", "Excel files need more: pip install 'tocsin[excel]'")])
