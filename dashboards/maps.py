"""The map of enterprises in four colours. Its ground is drawn from a file of Grafana's own, so it needs no internet."""

from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders import geomap
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models.common import FrameGeometrySourceMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, FieldColorModeId

from dashboards.colours import CALM, grade_steps, grades
from dashboards.influxql import IN_TIME, OF_REGION, where
from dashboards.influxql import table as rows_of
from dashboards.links import field, to
from dashboards.panels import Face, dressed
from dashboards.say import Say

_GROUND = {
    "src": "public/maps/countries.geojson",
    "rules": [],
    "style": {"color": {"fixed": CALM}, "opacity": 0.15, "size": {"fixed": 1, "min": 1, "max": 1}},
}
"""Outlines that Grafana serves itself; every other ground is fetched from somebody's servers."""


def risk_map(say: Say) -> geomap.Panel:
    """Every enterprise at its place: its colour, and beside it shape, word and name."""
    face = Face(
        say("四色风险图", "Four-colour map"),
        say(
            "每家企业的告警颜色，旁边有形状、文字和名称；点击进入企业看板。底图只有轮廓，可在面板中改为内部瓦片服务。来源：risk。",
            "Each enterprise in the colour of its alarms, with shape, word and name beside it; a click opens its "
            "board. The ground shows outlines alone: a tile server of the house can be set in the panel. From: risk.",
        ),
        say("没有带坐标的企业", "no enterprise has coordinates"),
    )
    conditions = where("\"kind\" = 'enterprise'", OF_REGION, IN_TIME)
    text = (
        'SELECT last("colour") AS "colour", "name", "active", "lat", "lon" FROM "risk" '
        f'WHERE {conditions} GROUP BY "place"'
    )
    located = parts.FrameGeometrySource().mode(FrameGeometrySourceMode.COORDS).latitude("lat").longitude("lon")
    markers = (
        parts.MapLayerOptions()
        .type("markers")
        .name(say("告警颜色", "Alarms"))
        .location(located)
        .tooltip(True)
        .config({"showLegend": True, "style": _style("colour", offset=0)})
    )
    names = (
        parts.MapLayerOptions()
        .type("markers")
        .name(say("名称", "Names"))
        .location(located)
        .tooltip(False)
        .config({"showLegend": False, "style": _style("name", offset=18)})
    )
    ground = parts.MapLayerOptions().type("geojson").name(say("底图", "Ground")).config(_GROUND)
    panel = (
        dressed(geomap.Panel(), face, [rows_of(text)])
        .unit("none")
        .thresholds(grade_steps())
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .view(geomap.MapViewConfig().id("fit").all_layers(True).padding(12))
        .basemap(ground)
        .layers([markers, names])
        .data_links([to(say, say("企业", "Enterprise"), "enterprise", enterprise=field("place"))])
        .override_by_name("colour", [DynamicConfigValue("displayName", say("告警", "Alarms"))])
        .override_by_name("name", [DynamicConfigValue("displayName", say("企业", "Enterprise"))])
        .override_by_name("active", [DynamicConfigValue("displayName", say("告警数", "Alarms now"))])
    )
    return panel.override_by_name("colour", [DynamicConfigValue("mappings", grades(say))])


def _style(text: str, offset: int) -> dict[str, object]:
    """Markers of one size, coloured by the number of the colour, with a text below."""
    return {
        "color": {"field": "colour", "fixed": "dark-green"},
        "opacity": 0.9 if text == "colour" else 0,
        "size": {"fixed": 10, "min": 10, "max": 10},
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        "symbolAlign": {"horizontal": "center", "vertical": "center"},
        "text": {"mode": "field", "field": text, "fixed": ""},
        "textConfig": {
            "fontSize": 12,
            "offsetX": 0,
            "offsetY": 16 + offset,
            "textAlign": "center",
            "textBaseline": "middle",
        },
    }
