"""The causes that may be named when an alarm is disposed of: codes that never change, and their words.

The list is an engineering default (ED), no standard's. A site adds its own under `disposal: causes:` in routes.yaml.
The first part of a code is its group, by which reports count.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OWN_CAUSES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "release.leak": {"zh": "真实泄漏", "en": "a leak"},
        "release.vent": {"zh": "工艺排放、放空", "en": "vented by the process, as it does"},
        "process.upset": {"zh": "工艺波动", "en": "process upset"},
        "process.startup": {"zh": "开停车", "en": "starting up or shutting down"},
        "equipment.fault": {"zh": "设备故障", "en": "fault of the plant's equipment"},
        "work.maintenance": {"zh": "检维修作业", "en": "maintenance work"},
        "work.special": {"zh": "特殊作业", "en": "special work under a permit"},
        "people.error": {"zh": "误操作", "en": "operator error"},
        "people.violation": {"zh": "违章作业", "en": "work against the rules"},
        "instrument.fault": {"zh": "仪表故障", "en": "instrument fault"},
        "instrument.calibration": {"zh": "仪表标定、校验", "en": "calibration"},
        "instrument.interference": {"zh": "仪表受干扰", "en": "the instrument was disturbed: other gases, damp, dust"},
        "system.power": {"zh": "供电故障", "en": "power failure"},
        "system.communication": {"zh": "通信故障", "en": "communication failure"},
        "rule.setting": {"zh": "限值或规则不当", "en": "the limit or the rule does not fit"},
        "weather": {"zh": "天气、外部环境", "en": "weather, surroundings"},
        "test": {"zh": "测试、演练", "en": "test or exercise"},
        "other": {"zh": "其他（须说明）", "en": "other, in words"},
        "unknown": {"zh": "原因不明（须说明）", "en": "not known; what was looked at, in words"},
    }
)

NEED_WORDS: Final = frozenset({"other", "unknown"})
"""Causes that say too little without a text."""


def all_causes(site: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """The product's causes and the site's; the site's words win."""
    return {**OWN_CAUSES, **site}


def cause_words(code: str, site: Mapping[str, Mapping[str, str]], language: str) -> str:
    """What to call a cause: in the language, else in any, else the code itself."""
    words = all_causes(site).get(code, {})
    return words.get(language) or next(iter(words.values()), code)
