"""gateway_down: the points behind each gateway of devices.csv."""

import numpy as np

from rules.schema import Rule
from rules.several.resolved import Members, Resolved
from rules.several.site_view import SiteView


def resolve_gateway_down(rule: Rule, view: SiteView) -> Resolved:
    """Subjects are the gateways that have a matching point behind them; its members are the matching points."""
    matching = view.matching(rule)
    code = view.places.of["gateway"].codes[matching]
    codes, subject = np.unique(code[code >= 0], return_inverse=True)
    point = matching[code >= 0]
    order = np.lexsort((point, subject))
    members = Members("", subject[order].astype(np.intp), point[order], np.zeros(len(order), dtype=np.intp))
    return view.finish(rule, "gateway", codes, ("",), (members,))
