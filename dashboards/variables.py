"""What a board can be narrowed down to: region, enterprise, unit, point, each offering what lies in the one before."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import ConstantVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableHide, VariableRefresh, VariableSort

from dashboards.influxql import OF_ENTERPRISE, OF_REGION, OF_UNIT, datasource
from dashboards.names import MINUTE_BUCKET
from dashboards.say import Say

_ANY: Final = ".*"


def region(say: Say) -> QueryVariable:
    """Regions in which enterprises lie. All of them means enterprises without a region, too."""
    text = 'SHOW TAG VALUES FROM "risk" WITH KEY = "region" WHERE "kind" = \'enterprise\''
    return _variable("region", say("区域", "Region"), text).include_all(True).all_value(_ANY)


def enterprise(say: Say, *, every: bool) -> QueryVariable:
    """Enterprises of the region; `every` offers all of them at once."""
    text = f'SHOW TAG VALUES FROM "risk" WITH KEY = "place" WHERE "kind" = \'enterprise\' AND {OF_REGION}'
    return _variable("enterprise", say("企业", "Enterprise"), text).include_all(every)


def unit(say: Say) -> QueryVariable:
    """Units of the enterprise."""
    text = f'SHOW TAG VALUES FROM "risk" WITH KEY = "place" WHERE "kind" = \'unit\' AND {OF_ENTERPRISE}'
    return _variable("unit", say("单元", "Unit"), text)


def kind(say: Say) -> QueryVariable:
    """Kinds of points in the unit: a panel is drawn for each."""
    text = f'SHOW TAG VALUES FROM "reading" WITH KEY = "kind" WHERE {OF_UNIT}'
    return _variable("kind", say("测点类型", "Kind of point"), text).include_all(True).multi(True)


def point(say: Say) -> QueryVariable:
    """Points of the unit."""
    text = f'SHOW TAG VALUES FROM "reading" WITH KEY = "point" WHERE {OF_UNIT}'
    return _variable("point", say("测点", "Point"), text)


def minute_bucket(say: Say) -> ConstantVariable:
    """Where roll-ups by the minute are: `<bucket>_1m` of the usual settings."""
    variable = ConstantVariable(MINUTE_BUCKET).label(say("分钟汇总库", "Bucket of minutes")).value("readings_1m")
    variable.build().hide = VariableHide.HIDE_VARIABLE  # the SDK's builder has no word for it
    return variable


def channel(say: Say) -> QueryVariable:
    """Channels and webhooks of the settings."""
    text = 'SHOW TAG VALUES FROM "delivery" WITH KEY = "channel"'
    return _variable("channel", say("渠道", "Channel"), text).include_all(True).all_value(_ANY)


def _variable(name: str, label: str, text: str) -> QueryVariable:
    return (
        QueryVariable(name)
        .label(label)
        .hide(VariableHide.DONT_HIDE)
        .datasource(datasource())
        .query({"query": text, "refId": f"variable-{name}"})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
    )
