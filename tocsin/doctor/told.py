"""Findings as people and programs read them; secrets are masked in both."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from tocsin.doctor.examine import worst
from tocsin.doctor.finding import Finding, Verdict
from tocsin.doctor.words_en import WORDS as EN
from tocsin.doctor.words_zh import WORDS as ZH
from tocsin.observe.masking import mask_text

Language = Literal["en", "zh"]

_WORDS: Final = {"en": EN, "zh": ZH}
_CHECKS_ZH: Final = {
    "site": "场所",
    "broker": "消息服务器",
    "kafka": "Kafka",
    "service": "服务",
    "journal": "日志",
    "shards": "分区日志",
    "book": "告警台账",
    "disk": "磁盘",
    "clock": "时钟",
    "influxdb": "InfluxDB",
    "grafana": "Grafana",
    "channel": "通道",
    "webhook": "Webhook",
    "answers": "应答页",
    "console": "控制台",
}
_VERDICTS: Final[dict[Language, dict[Verdict, str]]] = {
    "en": {Verdict.OK: "✓ ok", Verdict.WARN: "! warn", Verdict.BAD: "✗ bad"},
    "zh": {Verdict.OK: "✓ 正常", Verdict.WARN: "! 注意", Verdict.BAD: "✗ 故障"},
}
_SUMMARY: Final[dict[Language, str]] = {
    "en": "{ok} ok, {warn} to look at, {bad} bad",
    "zh": "正常 {ok} 项，注意 {warn} 项，故障 {bad} 项",
}


def words(finding: Finding, language: Language) -> tuple[str, str]:
    """What was found, and what to do about it ("" where there is nothing to do)."""
    says, do = _WORDS[language][finding.code]
    return mask_text(says.format(**finding.facts)), mask_text(do.format(**finding.facts))


def lines(findings: Sequence[Finding], language: Language) -> list[str]:
    """One line a finding, one more with what to do, and a last one that sums up."""
    told = []
    for finding in findings:
        says, do = words(finding, language)
        name = _CHECKS_ZH[finding.check] if language == "zh" else finding.check
        what = f"{name} {finding.subject}".strip()
        told.append(f"{_VERDICTS[language][finding.verdict]}\t{what}\t{says}")
        if do and finding.verdict is not Verdict.OK:
            told.append(f"\t\t→ {do}")
    counts = {verdict.value: sum(f.verdict is verdict for f in findings) for verdict in Verdict}
    return [*told, _SUMMARY[language].format(**counts)]


def as_json(findings: Sequence[Finding], language: Language) -> dict[str, Any]:
    """The whole answer: the worst verdict, and each finding."""
    checks = []
    for finding in findings:
        says, do = words(finding, language)
        facts = {k: mask_text(v) if isinstance(v, str) else v for k, v in finding.facts.items()}
        checks.append(
            {
                "check": finding.check,
                "subject": finding.subject,
                "verdict": finding.verdict.value,
                "code": finding.code,
                "says": says,
                "do": do,
                "facts": facts,
            }
        )
    return {"verdict": worst(findings).value, "findings": checks}
