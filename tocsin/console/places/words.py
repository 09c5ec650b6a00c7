"""What pages about places say."""

from typing import Final

from tocsin.console.words import Table

SHARED: Final = Table(
    {
        "alarms_now": ("当前告警", "Open alarms"),
        "no_alarms": ("没有未关闭的告警。", "No alarm is open."),
        "all_alarms": ("在告警板查看", "See them on the board"),
        "more_alarms": ("另有 {count} 条", "and {count} more"),
        "unacknowledged": ("未确认", "not acknowledged"),
        "acknowledged": ("已确认", "acknowledged"),
        "over": ("已恢复", "over"),
        "alarm": ("告警", "Alarm"),
        "because_level": ("重大危险源 {level} 级", "major hazard of level {level}"),
        "because_people": ("{point} 处 {count} 人", "{count} people at {point}"),
        "because_permit": ("{point} 有{kind}", "{kind} at {point}"),
        "since": ("发生于 {time}", "since {time}"),
        "withheld_count": ("{count} 条被抑制", "{count} withheld"),
        "overdue": ("处置超期", "disposal overdue"),
        "live_colour": ("告警状态", "Alarms now"),
        "inherent": ("固有风险", "Inherent risk"),
        "inherent_because": ("固有风险依据", "Inherent risk because"),
        "ungraded": ("未分级", "not graded"),
        "search": ("搜索", "Search"),
        "search_hint": ("名称或编号", "Name or id"),
        "nothing_found": ("没有符合条件的内容。", "Nothing fits."),
        "of_all": ("{from_} – {to} / 共 {count}", "{from_} – {to} of {count}"),
        "previous": ("上一页", "Previous"),
        "next": ("下一页", "Next"),
        "region": ("区域", "Region"),
        "park": ("园区", "Park"),
        "industry": ("行业", "Industry"),
        "employees": ("职工人数", "Employees"),
        "enterprise": ("企业", "Enterprise"),
        "unit": ("单元", "Unit"),
        "units": ("单元", "Units"),
        "point": ("测点", "Point"),
        "points": ("测点", "Points"),
        "kind": ("类型", "Kind"),
        "device": ("设备", "Device"),
        "state": ("状态", "State"),
        "value": ("数值", "Value"),
        "limits": ("限值", "Limits"),
        "no_limits": ("无限值", "no limits"),
        "against_limits": ("相对限值", "Against limits"),
        "quality": ("数据", "Data"),
        "heard": ("最近上报", "Last heard"),
        "never": ("从未", "never"),
        "id": ("编号", "Id"),
        "camera": ("摄像头", "Camera"),
        "see_camera": ("查看现场视频", "See the camera"),
        "trend_label": ("趋势图：数值、限值与告警时段", "Trend: the value, its limits, and when there were alarms"),
        "coverage": ("监测覆盖", "Coverage"),
        "coverage_of": ("要求 {required} 项，已覆盖 {covered} 项", "{covered} of {required} required kinds are heard"),
        "nothing_required": ("没有必须监测的项目。", "Nothing is required to be watched here."),
        "covered": ("有数据", "heard"),
        "not heard": ("有测点，一天内无数据", "points, but nothing heard for a day"),
        "no point": ("缺少测点", "no point"),
        "online": ("在线率", "Online"),
        "online_of": ("{reporting} / {expected} 台在线", "{reporting} of {expected} devices report"),
        "unknown": ("暂不可知", "not known at present"),
        "hazard_reports": ("隐患举报与检查", "Hazard reports"),
        "no_reports": ("没有未办结的举报。", "No report is open."),
        "hotline": ("热线举报", "hotline"),
        "inspection": ("检查", "inspection"),
        "report_new": ("新", "new"),
        "report_linked": ("已关联告警", "linked with an alarm"),
        "disposals": ("处置中", "Disposals under way"),
        "no_disposals": ("没有未完成的处置。", "No disposal is under way."),
        "close_by": ("应于 {time} 前完成", "to be closed by {time}"),
        "disposal_open": ("待派发", "open"),
        "disposal_assigned": ("已派发", "assigned"),
        "disposal_in_progress": ("处理中", "in progress"),
        "disposal_submitted": ("待核实", "submitted"),
        "disposal_verified": ("已核实", "verified"),
        "contacts": ("联系人", "Contacts"),
        "no_contacts": ("没有登记联系人。", "No contact is known."),
        "silent_points": ("{silent} / {points} 个测点无数据", "{silent} of {points} points without data"),
        "hazard_level": ("重大危险源等级", "Major-hazard level"),
        "people_500m": ("500 米内人数", "People within 500 m"),
        "retry": ("重试", "Try again"),
        "good": ("正常", "good"),
        "uncertain": ("存疑", "uncertain"),
        "bad": ("无效", "bad"),
        "old": ("已过期", "old"),
        "quality_never": ("未上报", "not heard"),
        "trend_failed": ("趋势暂时无法读取：{reason}", "No trend can be had at present: {reason}"),
        "no_readings": ("这段时间没有读数。", "No readings in this time."),
        "trend_note": ("说明：{note}", "Note: {note}"),
        "cut": ("只能读到 {time} 之后的数据。", "What lies before {time} could not be read."),
        "mean": ("平均值", "mean"),
        "spread": ("最低至最高", "lowest to highest"),
        "forecast": ("预测", "forecast"),
        "forecast_of": ("预计 {time} 达到 {limit}", "expected to reach {limit} at {time}"),
    }
)

MAP: Final = Table(
    {
        "title": ("风险一张图", "Risk map"),
        "nav": ("风险图", "Map"),
        "intro": (
            "填色为当前告警状态，小标记为固有风险等级；两者各自独立。",
            "The large mark is what alarms say now, the small one the inherent grade; they are never merged.",
        ),
        "list": ("区域与企业", "Regions and enterprises"),
        "map": ("地图", "Map"),
        "map_label": (
            "区域与企业的位置。内容与列表相同，键盘与读屏请用列表。",
            "Where regions and enterprises lie. The list beside it says the same, and can be used with the keyboard.",
        ),
        "only_alarms": ("只看有告警的", "Only those with alarms"),
        "empty": ("没有可显示的企业。", "There is no enterprise to show."),
        "calm": ("没有告警。", "No alarms."),
        "unplaced": (
            "{count} 家企业没有坐标，只在列表中。",
            "{count} enterprises have no coordinates: they are in the list alone.",
        ),
        "legend": ("图例", "Legend"),
        "mistakes": (
            "hazards.csv 有误，固有风险按 units.csv 的等级。",
            "hazards.csv has mistakes: grades are by units.csv.",
        ),
        "fit": ("全图", "Show all"),
    }
)

ENTERPRISES: Final = Table(
    {
        "title": ("企业", "Enterprises"),
        "empty": ("没有可显示的企业。", "There is no enterprise to show."),
    }
)

ENTERPRISE: Final = Table(
    {
        "title": ("企业", "Enterprise"),
        "no_units": ("没有单元。", "There are no units."),
    }
)

UNIT: Final = Table(
    {
        "title": ("单元", "Unit"),
        "trend": ("今日趋势", "Today's trend"),
        "trend_of": ("测点", "Point"),
        "no_points": ("没有测点。", "There are no points."),
        "open_point": ("打开测点页面", "Open the point's page"),
        "required": ("必须监测的项目", "What must be watched here"),
    }
)

POINT: Final = Table(
    {
        "title": ("测点", "Point"),
        "trend": ("趋势", "Trend"),
        "range_1h": ("1 小时", "1 h"),
        "range_8h": ("8 小时", "8 h"),
        "range_24h": ("1 天", "1 day"),
        "range_168h": ("1 周", "1 week"),
        "range_720h": ("30 天", "30 days"),
        "range": ("时间范围", "Time range"),
        "statistics": ("统计", "Statistics"),
        "lowest": ("最低", "lowest"),
        "highest": ("最高", "highest"),
        "last": ("最后", "last"),
        "bad_share": ("无效读数占比", "bad readings"),
        "beyond_share": ("超限时间占比", "beyond a limit"),
        "about": ("测点信息", "About the point"),
        "measuring_range": ("量程", "Range"),
        "period": ("上报周期", "Reports every"),
        "on_change": ("变化时上报", "on change"),
        "principle": ("检测原理", "Principle"),
        "gas": ("介质", "Gas"),
        "tags": ("标签", "Tags"),
        "calibration_due": ("校准到期", "Calibration due"),
        "late_by": ("已超期 {days} 天", "{days} days late"),
        "due_in": ("还有 {days} 天", "in {days} days"),
        "last_alarms": ("最近告警", "Last alarms"),
        "no_last_alarms": ("没有告警记录。", "There has been no alarm."),
        "rules": ("适用规则", "Rules that watch it"),
        "no_rules": ("没有规则监视这个测点。", "No rule watches this point."),
        "delay": ("延时 {seconds} 秒", "after {seconds} s"),
        "ended": ("结束于 {time}", "until {time}"),
        "resolution_raw": ("逐条读数", "every reading"),
        "resolution_minute": ("分钟汇总", "by the minute"),
        "resolution_hour": ("小时汇总", "by the hour"),
        "source": ("来源：{source}，{resolution}", "From {source}, {resolution}"),
        "source_influx": ("历史库", "history"),
        "source_journal": ("日志", "the journal"),
    }
)

DEVICES: Final = Table(
    {
        "title": ("设备状况", "Device health"),
        "nav": ("设备", "Devices"),
        "not_live": (
            "服务未运行：以下为日志最后一条记录时的状况。",
            "The service does not run: this is how things stood at the log's last entry.",
        ),
        "as_of": ("截至 {time}", "As of {time}"),
        "reporting": ("上报中", "reporting"),
        "silent": ("无声", "silent"),
        "never": ("从未上报", "never heard"),
        "all": ("全部", "all"),
        "expected": ("应有", "expected"),
        "shares": ("区域与企业的在线率", "Online, by region and enterprise"),
        "whole": ("全部", "all"),
        "list": ("设备清单", "Devices"),
        "empty": ("没有登记的设备。", "No devices are expected."),
        "clock": ("时钟偏差", "Clock"),
        "clock_note": ("正数为设备时钟偏快", "above 0: the device's clock is ahead"),
        "slowest": ("最大延迟", "Slowest"),
        "bad": ("无效占比", "Bad"),
        "readings": ("读数", "Readings"),
        "points": ("测点", "Points"),
        "calibration": ("校准到期", "Calibration due"),
        "no_calibration": ("30 天内没有到期的校准。", "Nothing is due within 30 days."),
        "due": ("到期日", "Due"),
        "rate": ("过去 24 小时的在线率", "Online over the last 24 hours"),
        "rate_ask": ("计算", "Work it out"),
        "rate_note": ("从日志读取，可能需要一些时间。", "Read from the journal: this may take a while."),
        "rate_busy": ("正在读取日志：{percent}%", "Reading the journal: {percent}%"),
        "rate_nothing": ("日志中没有这段时间的数据。", "The journal holds nothing of that time."),
        "rate_value": ("在线率", "Online rate"),
        "more_rows": ("只显示前 {count} 行", "The first {count} rows"),
    }
)

ONBOARDING: Final = Table(
    {
        "title": ("设备接入", "Onboarding"),
        "nav": ("接入", "Onboarding"),
        "intro": (
            "已收到数据、但不对应任何测点的设备。"
            "生成的行加入现场文件夹的 points.csv 后，用 tocsin check 检查，再让服务采用。",
            "Devices that send what no point stands for. Put the lines into points.csv of the site folder,"
            " check it with tocsin check, then let the service take it.",
        ),
        "empty": ("没有未知设备。", "No unknown device has sent anything."),
        "topic": ("主题", "Topic"),
        "key": ("键", "Key"),
        "seen": ("最近收到", "Last seen"),
        "every": ("间隔", "Every"),
        "last": ("最后值", "Last"),
        "span": ("范围", "Span"),
        "unit_symbol": ("单位", "Unit"),
        "probably": ("可能是", "Probably"),
        "certainty_0": ("存疑", "a guess"),
        "certainty_1": ("存疑", "a guess"),
        "certainty_2": ("较可能", "likely"),
        "certainty_3": ("很可能", "very likely"),
        "propose": ("生成测点行", "Propose points"),
        "propose_title": ("{device} 的测点行", "Points of {device}"),
        "choose_unit": ("所在单元", "The unit in which it stands"),
        "choose_kind": ("{key} 的类型", "What {key} is"),
        "leave_out": ("不作为测点", "no point"),
        "need_unit": ("请选择所在单元。", "Choose the unit in which it stands."),
        "need_kind": ("请选择类型，或不作为测点：{keys}", "Choose what it is, or no point: {keys}"),
        "make": ("生成", "Propose"),
        "download": ("下载 CSV", "Download CSV"),
        "still_needed": ("量程与限值请补充。", "Ranges and limits are yours to fill in."),
    }
)
