"""What the first screen would wait for, made before somebody asks: seconds, where a site is large."""

from tocsin.centre.centre import Centre
from tocsin.centre.errors import UnavailableError


def warm(centre: Centre) -> bool:
    """Read the configuration, and make what is made of it once; False where it can't be read yet. Blocks."""
    try:
        centre.risk.warm()
        centre.rules_of.warm()
    except UnavailableError:
        return False
    return True
