"""axe-core, which finds what a page keeps from people who see, hear or point otherwise. Tests run it in Chromium."""

from pathlib import Path

from .node_packages import NodePackages
from .recipe import Recipe

_PACKAGES = NodePackages("axe", Path(__file__).resolve().parents[1] / "clients" / "axe")


def find() -> Path | None:
    """The script."""
    folder = _PACKAGES.find()
    script = folder / "axe-core" / "axe.min.js" if folder is not None else None
    return script if script is not None and script.exists() else None


def bring() -> Path:
    return _PACKAGES.bring() / "axe-core" / "axe.min.js"


RECIPE = Recipe("axe", "4.10.3", find, bring)
