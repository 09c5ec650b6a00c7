"""Notices as the dispatcher makes them, for tests of texts and channels."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from alerts.channels.port import Facts, Item, Language, Notice, Recipient

T0 = 1_732_190_003_000
"""2024-11-21 19:53:23 in Shanghai."""
LINK = "https://tocsin.example.org/a/k3v9-2xq7"


def facts(**changes: Any) -> Facts:
    """Those of a red gas alarm."""
    red = Facts(
        alarm="yvfmenxky254frwd",
        severity="red",
        level="hh",
        side="high",
        enterprise_name="东港化工",
        unit_name="一号罐区",
        subject_name="E001-GAS-01",
        kind="gas.combustible",
        rule="gas-combustible",
        text={"zh": "E001-GAS-01 可燃气体 52.5 %LEL", "en": "E001-GAS-01 combustible gas at 52.5 %LEL"},
        guidance={"zh": "停止动火，消除点火源。", "en": "Stop hot work, keep ignition sources away."},
        value=52.5,
        limit=50.0,
        unit_symbol="%LEL",
        raised_at_ms=T0,
        region_name="临港镇",
        reason="limit hh held 0 s",
    )
    return replace(red, **changes)


def item(n: int = 1, *, about: Facts | None = None, **changes: Any) -> Item:
    about = about or facts()
    form: Mapping[str, object] = {
        "event": "raised", "alarm": about.alarm, "rule": about.rule, "version": 1, "subject": about.subject_name,
        "side": about.side, "enterprise": "E001", "level": about.level, "severity": about.severity, "at": T0,
        "value": about.value, "limit": about.limit, "onset": T0 - 3000, "historical": about.historical,
        "exercise": False, "reason": about.reason,
    }  # fmt: skip
    first = Item(
        id=f"{about.alarm}.{n}",
        name="raised",
        enterprise="E001",
        subject=about.subject_name,
        at_ms=T0,
        event=json.dumps(form).encode(),
        facts=about,
        link=LINK,
    )
    return replace(first, **changes)


def person(language: Language = "zh", **changes: Any) -> Recipient:
    """Somebody whom every channel can reach."""
    zhang = Recipient("zhang", "张伟", phone="13800001234", email="zhang@example.org", language=language)
    return replace(zhang, **changes)


def notice(*items: Item, language: Language = "zh", recipient: Recipient | None = None, **changes: Any) -> Notice:
    """To `person(language)`, of one red alarm where no items are given."""
    return replace(Notice("m-1", items or (item(),), recipient or person(language)), **changes)


def several(count: int, severity: str = "orange") -> list[Item]:
    """Alarms of as many points, each with a link of its own."""
    return [
        item(
            about=facts(alarm=f"alarm{n:04}", severity=severity, level="h", subject_name=f"E001-P{n:04}"),
            at_ms=T0 + n,
            link=f"{LINK}{n}",
        )
        for n in range(count)
    ]
