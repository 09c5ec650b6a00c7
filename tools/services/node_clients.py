"""Third-party clients of wire forms that run on Node.js, from a lock of their own."""

from pathlib import Path

from .node_packages import NodePackages
from .recipe import Recipe

_PACKAGES = NodePackages("node-clients", Path(__file__).resolve().parents[1] / "clients" / "node")

find = _PACKAGES.find
"""The folder of their packages (NODE_PATH), once everything is installed and there is a Node.js."""
bring = _PACKAGES.bring

RECIPE = Recipe("node-clients", "1", find, bring)
