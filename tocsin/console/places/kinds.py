"""What kinds of points and units are called."""

from typing import Final

from alerts.wording.language import WORDS
from tocsin.console.words import Language

_POINTS: Final[dict[str, tuple[str, str]]] = {
    "ammonia.ppm": ("氨浓度", "ammonia"),
    "dust.airlock": ("锁气卸灰", "airlock"),
    "dust.dp": ("除尘器压差", "filter pressure drop"),
    "dust.duct_speed": ("风管风速", "duct speed"),
    "dust.fan": ("风机", "fan"),
    "dust.hopper_temperature": ("灰斗温度", "hopper temperature"),
    "dust.inlet_temperature": ("进口温度", "inlet temperature"),
    "dust.purge_pressure": ("清灰压力", "purge pressure"),
    "dust.spark": ("火花", "spark"),
    "permit.confined": ("受限空间作业票", "confined-space permit"),
    "permit.earth": ("动土作业票", "earth-work permit"),
    "permit.height": ("高处作业票", "work-at-height permit"),
    "permit.hot": ("动火作业票", "hot-work permit"),
    "permit.lifting": ("吊装作业票", "lifting permit"),
    "people.count": ("在场人数", "people present"),
    "tank.level": ("液位", "level"),
    "tank.pressure": ("压力", "pressure"),
    "tank.temperature": ("温度", "temperature"),
}

_UNITS: Final[dict[str, tuple[str, str]]] = {
    "tank_farm": ("罐区", "tank farm"),
    "reactor": ("反应装置", "reactor"),
    "workshop": ("车间", "workshop"),
    "dust_collector": ("除尘系统", "dust collector"),
    "cold_store": ("冷库", "cold store"),
    "furnace": ("炉窑", "furnace"),
    "confined_space": ("有限空间", "confined space"),
    "gas_station": ("加气加油站", "filling station"),
    "warehouse": ("仓库", "warehouse"),
    "other": ("其他", "other"),
}


def point_kind(kind: str, language: Language) -> str:
    """The name of a dotted kind, or of the nearest above it that has one; else the kind itself."""
    known = _POINTS.get(kind)
    if known is not None:
        return known[0 if language == "zh" else 1]
    return WORDS[language].kinds.get(kind, kind)


def unit_kind(kind: str, language: Language) -> str:
    """The name of a kind of unit; the kind itself where it has none."""
    known = _UNITS.get(kind)
    return kind if known is None else known[0 if language == "zh" else 1]
