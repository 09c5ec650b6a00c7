"""The words of reports, Chinese and English."""

from typing import Final

from tocsin.pages import Lang

_WORDS: Final[dict[str, tuple[str, str]]] = {
    # Titles
    "kpi": ("报警绩效", "Alarm performance"),
    "coverage": ("覆盖与在线", "Coverage and online rate"),
    "disposal": ("处置闭环", "Disposals"),
    "delivery": ("通知送达", "Delivery of notices"),
    "assessment": ("考核排名", "Assessment"),
    "month": ("安全监测月报", "Monthly report of safety monitoring"),
    "period": ("{from_} 至 {until}（{zone}）", "{from_} to {until} ({zone})"),
    "scope": ("范围：{scope}", "scope: {scope}"),
    "whole_site": ("全部", "the whole site"),
    "made": ("生成于 {at}", "made {at}"),
    # Columns
    "figure": ("指标", "figure"),
    "value": ("数值", "value"),
    "target": ("参考目标", "target"),
    "met": ("达标", "met"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "source": ("来源", "source"),
    "secondary": ("ISA-18.2、EEMUA 191（二手资料）", "ISA-18.2, EEMUA 191 (secondary)"),
    "severity": ("级别", "severity"),
    "all": ("合计", "all"),
    "red": ("红", "red"),
    "orange": ("橙", "orange"),
    "yellow": ("黄", "yellow"),
    "blue": ("蓝", "blue"),
    "alarms": ("报警数", "alarms"),
    "share": ("占比", "share"),
    "rule": ("规则", "rule"),
    "subject": ("对象", "subject"),
    "enterprise": ("企业", "enterprise"),
    "chatters": ("抖动", "chatters"),
    "acknowledged": ("已确认", "acknowledged"),
    "waiting": ("未确认", "waiting"),
    "median": ("中位数", "median"),
    "p90": ("90 分位", "p90"),
    "p99": ("99 分位", "p99"),
    "by_centre": ("中心确认（中位）", "by the centre (median)"),
    "by_enterprise": ("企业确认（中位）", "by the enterprise (median)"),
    "kind": ("类别", "kind"),
    "begun": ("期内新增", "begun"),
    "in_force": ("期末有效", "in force at the end"),
    "unauthorised_n": ("无授权", "unauthorised"),
    # Figures
    "f.per_day": ("每日报警数（每席）", "alarms a day, per console"),
    "f.per_hour": ("每小时报警数（每席）", "alarms an hour, per console"),
    "f.peak": ("10 分钟峰值（每席）", "peak in 10 minutes, per console"),
    "f.busy_share": ("10 分钟超过 10 条的时段占比", "share of 10-minute spans with more than 10"),
    "f.flood_share": ("报警泛滥时间占比", "share of time in flood"),
    "f.chattering": ("抖动报警源", "chattering sources"),
    "f.stale_a_day": ("陈旧报警（每日，超过 24 小时）", "stale alarms a day (over 24 h)"),
    "f.top_share": ("前十报警源占比", "share of the top ten sources"),
    "f.share_red": ("红色占比", "share of red"),
    "f.share_orange": ("橙色占比", "share of orange"),
    "f.share_low": ("黄、蓝色占比", "share of yellow and blue"),
    "f.unauthorised": ("未授权抑制", "unauthorised suppression"),
    "f.floods": ("报警泛滥次数", "floods"),
    "f.alarms": ("报警总数", "alarms"),
    "f.historical": ("迟到（历史）报警", "late (historical) alarms"),
    "f.stale": ("期内陈旧报警", "stale alarms in the period"),
    # Sheets
    "s.figures": ("指标与参考目标", "Figures and targets"),
    "s.answering": ("确认用时", "Time to acknowledge"),
    "s.top": ("前十报警源", "Top ten sources"),
    "s.chattering": ("抖动报警源", "Chattering sources"),
    "s.withheld": ("搁置、停用与抑制", "Shelved, out of service, suppressed"),
    "s.shares": ("分区域、园区、企业", "By region, park and enterprise"),
    "s.gaps": ("覆盖缺口", "Gaps"),
    "s.without_points": ("没有任何测点的企业", "Enterprises without a single point"),
    "s.disposals": ("处置", "Disposals"),
    "s.causes": ("原因分布", "Causes"),
    "s.channels": ("按渠道", "By channel"),
    "s.recipients": ("按接收人", "By recipient"),
    "s.regions": ("区域（镇街）排名", "Regions (towns)"),
    "s.parks": ("园区排名", "Parks"),
    "s.enterprises": ("企业排名", "Enterprises"),
    # Coverage
    "region": ("区域", "region"),
    "park": ("园区", "park"),
    "name": ("名称", "name"),
    "place": ("地点", "place"),
    "enterprises": ("企业数", "enterprises"),
    "no_points": ("无测点企业", "without points"),
    "required": ("应覆盖", "required"),
    "covered": ("已覆盖", "covered"),
    "coverage_rate": ("覆盖率", "coverage"),
    "devices": ("设备数", "devices"),
    "online_h": ("在线（小时）", "online (h)"),
    "expected_h": ("应在线（小时）", "expected (h)"),
    "online_rate": ("在线率", "online rate"),
    "unit": ("装置单元", "unit"),
    "point_kind": ("测点类型", "kind of point"),
    "why": ("原因", "why"),
    "no point": ("没有测点", "no point"),
    "not heard": ("期内无数据", "nothing heard in the period"),
    "coverage_note": (
        "分母为各单元应设测点类型（units.csv 的 required），没有测点的企业也计入；分子为期内收到过数据的。"
        "在线率 = 设备在线时间 / 应在线时间，按日志 {from_} 至 {until}；服务中断 {paused} 小时不计入任何一方。",
        "The denominator is what units.csv requires, enterprises without a point included; covered is what was"
        " heard in the"
        " period. Online rate = device-time online / expected, by the journal from {from_} to {until}; {paused}"
        " h in which"
        " the service was away count for nobody.",
    ),
    # Disposal
    "opened": ("新开", "opened"),
    "closed": ("已关闭", "closed"),
    "open": ("未关闭", "open"),
    "closed_in_period": ("期内关闭", "closed in the period"),
    "overdue": ("现逾期", "overdue now"),
    "missed": ("超过关闭期限", "deadline missed"),
    "reopened": ("重开", "reopened"),
    "closed_loop": ("闭环", "closed loop"),
    "closed_loop_rate": ("闭环率", "closed-loop rate"),
    "to_assign": ("接手用时（中位）", "time to assign (median)"),
    "to_close": ("关闭用时（中位）", "time to close (median)"),
    "to_close_p90": ("关闭用时（90 分位）", "time to close (p90)"),
    "cause": ("原因", "cause"),
    "code": ("代码", "code"),
    "disposals": ("处置数", "disposals"),
    "disposal_note": (
        "闭环 = 已关闭、有原因、按规定经他人核实；闭环率 = 闭环 / 期内新开。",
        "Closed loop: closed with a cause and, where the rules ask for it, verified. Closed-loop rate = closed"
        " loop / opened.",
    ),
    # Delivery
    "channel": ("渠道", "channel"),
    "contact": ("接收人", "contact"),
    "calls": ("应通知", "calls"),
    "delivered": ("已送达", "delivered"),
    "still_waiting": ("等待", "waiting"),
    "dead": ("死信", "dead"),
    "withdrawn": ("撤回", "withdrawn"),
    "rejected": ("未批准", "rejected"),
    "failed_over": ("换路而来", "failed over"),
    "messages": ("消息", "messages"),
    "failed": ("失败", "failed"),
    "throttled": ("被限流", "throttled"),
    "confirmed": ("回执确认", "confirmed"),
    "undelivered": ("回执未达", "undelivered"),
    "most_a_day": ("单日最多", "most a day"),
    "delivery_note": (
        "用时自应通知起至服务商接收；免打扰或汇总而推迟的不计。"
        "自检报警 {tests} 次，送达 {arrived} 次，失败 {failed} 次。",
        "Times run from when a call was owed to when the provider took it; those held by quiet hours or digests"
        " are left"
        " out. Self-tests: {tests} alarms, {arrived} told, {failed} failed.",
    ),
    # Assessment
    "rank": ("名次", "rank"),
    "score": ("得分", "score"),
    "c.coverage": ("覆盖", "coverage"),
    "c.online": ("在线", "online"),
    "c.acknowledged": ("及时确认", "answered in time"),
    "c.closed_loop": ("闭环", "closed loop"),
    "c.in_time": ("按期", "within deadline"),
    "nothing required here": ("不排名：此处没有应设测点", "not ranked: nothing required here"),
    "nothing measured but coverage": ("不排名：除覆盖外无数据", "not ranked: nothing measured but coverage"),
    "assessment_note": (
        "得分 = 100 × Σ(权重 × 比值) / Σ 适用权重；权重：{weights}。及时确认 = {within} 秒内由中心或企业确认。"
        "分母为 0 的指标不适用。同分同名次。权重为本系统自定，非标准规定。",
        "Score = 100 x sum of (weight x value) / sum of the weights that apply; weights: {weights}. Answered in"
        " time: by the"
        " centre or the enterprise within {within} s. What is of 0 does not apply. Equal scores share a rank."
        " The weights are"
        " our own, no standard's.",
    ),
    "alarms_a_day": ("每日报警数", "Alarms a day"),
    "severity_spread": ("级别分布", "By severity"),
    "kind.disabled": ("停用", "disabled"),
    "kind.out_of_service": ("退出服务", "out of service"),
    "kind.shelved": ("搁置", "shelved"),
    "kind.suppressed_by_design": ("设计抑制", "suppressed by design"),
    "kpi_note": (
        "参考目标出自 ISA-18.2、EEMUA 191 的二手资料，未核对原文。报警均摊到 {consoles} 个席位；10 分钟时段自期初起算。"
        "搁置、停用中的报警同样计入；迟到报警与演练不计入。",
        "Targets are those that secondary sources give as ISA-18.2's and EEMUA 191's; neither was read. Alarms"
        " are spread over"
        " {consoles} console(s); spans of 10 minutes begin with the period. Alarms under overrides count too;"
        " late alarms and"
        " exercises do not.",
    ),
    "no_journal": ("没有覆盖与在线数据：{why}", "No coverage and online figures: {why}"),
    "nothing": ("无", "none"),
    "more": ("另有 {n} 行，见 --json 或 --xlsx", "and {n} more rows: --json, --csv and --xlsx have all"),
}


class Words:
    """The words of one language; an id that there are no words for is shown as it is."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang

    def __call__(self, name: str, **given: object) -> str:
        words = _WORDS[name][0 if self.lang == "zh" else 1]
        return words.format(**given) if given else words

    def get(self, name: str, otherwise: str) -> str:
        return self(name) if name in _WORDS else otherwise
