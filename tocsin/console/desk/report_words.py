"""What the page of reports says; the tables bring their own words."""

from typing import Final

from tocsin.console.words import Table

REPORTS: Final = Table(
    {
        "title": ("报表", "Reports"),
        "nav": ("报表", "Reports"),
        "which": ("报表", "Report"),
        "name_month": ("月报（全部）", "The month's report (all)"),
        "name_kpi": ("告警绩效", "Alarm performance"),
        "name_coverage": ("监测覆盖与在线率", "Coverage and online rates"),
        "name_disposal": ("处置", "Disposals"),
        "name_delivery": ("送达", "Delivery"),
        "name_assessment": ("综合评价", "Assessment"),
        "period": ("时段", "Period"),
        "month": ("{month} 月", "{month}"),
        "this_month": ("{month} 月（至今）", "{month} (so far)"),
        "own_period": ("自选日期", "Days of your own"),
        "from": ("自（含）", "From"),
        "to": ("至（不含）", "To (not included)"),
        "scope": ("范围", "Scope"),
        "whole": ("全部（您的范围内）", "All that you see"),
        "region": ("区域：{name}", "Region: {name}"),
        "park": ("园区：{name}", "Park: {name}"),
        "enterprise": ("企业：{name}", "Enterprise: {name}"),
        "make": ("生成报表", "Make it"),
        "making": ("正在生成，读取日志 {percent}%", "Making it: {percent}% of the journal read"),
        "making_plain": ("正在生成……", "Making it ..."),
        "failed": ("无法生成：{reason}", "It can't be made: {reason}"),
        "why_not": ("{name}：{reason}", "{name}: {reason}"),
        "download": ("下载", "Download"),
        "download_xlsx": ("Excel 工作簿", "Excel workbook"),
        "download_csv": ("CSV", "CSV"),
        "download_html": ("可打印网页", "A page to print"),
        "more": ("另有 {n} 行，见下载的文件。", "And {n} more rows: the files have all."),
        "no_rows": ("没有数据。", "Nothing."),
        "hint": ("选择报表、时段和范围。", "Choose a report, a period and a scope."),
    }
)
