"""What the help page says."""

from typing import Final

from tocsin.console.words import Table

HELP: Final = Table(
    {
        "title": ("帮助", "Help"),
        "nav": ("帮助", "Help"),
        "banner": ("横幅变红时", "When the banner is red"),
        "banner_1": (
            "红色横幅表示监视中断：屏幕上的内容可能已过时，不能认为现场平安。",
            "A red banner says that nothing is being watched: what you see may be old. Do not take it for calm.",
        ),
        "banner_2": (
            "立即按值班预案用电话、巡查等方式监视重点企业。",
            "Watch the key enterprises by other means at once: by telephone, by going there.",
        ),
        "banner_3": (
            "看横幅写的是哪一部分：本页、控制台、告警服务、规则引擎、数据接入或读数。",
            "Read which part it names: this page, the console, the service, the engine, a connection or the readings.",
        ),
        "banner_4": (
            "“本页与控制台的连接已中断”：检查本机网络，刷新页面；别的屏幕正常则只是本机的问题。",
            "“This page has lost the console”: look at this machine's network and reload; ask another screen.",
        ),
        "banner_5": (
            "其余各项：通知系统管理员。恢复后横幅自动消失，中断期间的告警会补报并标记“迟报”。",
            "All others: call the administrator. It goes by itself; alarms of the meantime come marked as late.",
        ),
        "banner_6": (
            "黄色横幅表示部分功能异常，告警仍在监视。",
            "A yellow banner says that something is out of order while alarms are still being watched.",
        ),
        "colours": ("颜色与形状", "Colours and shapes"),
        "colour": ("标记", "Mark"),
        "meaning": ("含义", "Meaning"),
        "means_red": ("重大：立即处理", "major: act at once"),
        "means_orange": ("较大：尽快处理", "considerable: act soon"),
        "means_yellow": ("一般：关注", "general: keep an eye on it"),
        "means_blue": ("低：知悉", "low: to be known"),
        "means_normal": ("正常", "nothing is wrong"),
        "means_none": ("无数据：不等于正常", "no data: that is not the same as normal"),
        "blink": (
            "未确认的告警闪烁；可按 b 停止闪烁。每级颜色都有自己的形状，不单靠颜色区分。",
            "Alarms that nobody has acknowledged blink; b stops that. Each colour has a shape of its own.",
        ),
        "keys": ("告警板的键盘操作", "Keyboard on the alarm board"),
        "key": ("按键", "Key"),
        "does": ("作用", "Does"),
        "steps": ("一条告警从发生到关闭", "An alarm from raised to closed"),
        "step_1": (
            "告警板出现并响铃：确认，表示有人在处理。",
            "It appears and is heard: acknowledge it, so that others know.",
        ),
        "step_2": (
            "看“为什么报警”和“处置建议”，联系企业。",
            "Read why it was raised and what to do, and call the enterprise.",
        ),
        "step_3": (
            "红色、橙色告警需要处置：接手、拍照、填写原因、提交。",
            "Red and orange ones need a disposal: take it, photograph, name the cause, submit.",
        ),
        "step_4": (
            "由另一人核实，再关闭。超过期限会逐级上报。",
            "Another person verifies it, then it is closed. What is late is told up the tiers.",
        ),
        "sound": ("声音", "Sound"),
        "sound_1": (
            "浏览器要先点一下才允许发声：看到黄色的声音按钮时请点它。",
            "A browser needs one click before it may sound: click the yellow button where you see it.",
        ),
        "sound_2": (
            "静音有期限，到期自动恢复，并一直显示在页面上方。",
            "A mute has an end, and is shown at the top until then.",
        ),
    }
)
