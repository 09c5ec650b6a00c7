"""Chromium, by Debian's package, with a font that has Chinese: pages are tested and pictured in it."""

import shutil
from pathlib import Path

from .debian import install
from .recipe import Recipe, ServiceError


def find() -> Path | None:
    """The browser itself. Playwright's client drives it; its own downloads are not used."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return Path(found) if found is not None else None


def bring() -> Path:
    """Install the packages where they are missing."""
    log = install("chromium", ["chromium", "fonts-noto-cjk"])
    found = find()
    if found is None:
        raise ServiceError(f"the packages are installed but chromium is not found; see {log}")
    return found


RECIPE = Recipe("chromium", "156", find, bring)
