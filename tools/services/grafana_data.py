"""Grafana's own data library for Node.js: it tells what a panel shows for a value."""

from pathlib import Path

from .node_packages import NodePackages
from .recipe import Recipe

_PREVIEW = Path(__file__).resolve().parents[1] / "boards_preview"
_DATA = NodePackages("grafana-data", _PREVIEW / "check", ("--legacy-peer-deps",))

find = _DATA.find
"""The folder of its packages (NODE_PATH), once everything is installed and there is a Node.js."""

RECIPE = Recipe("grafana-data", "13.2.2", find, _DATA.bring)
