"""The channels of `[[channel]]`: which kinds there are."""

from typing import Annotated, Literal

from pydantic import Field

from alerts.channels.aliyun_sms import AliyunSmsSettings
from alerts.channels.dingtalk import DingTalkSettings
from alerts.channels.feishu import FeishuSettings
from alerts.channels.file import FileSettings
from alerts.channels.tencent_sms import TencentSmsSettings
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.channels.wecom import WeComSettings


class RoutedWebhookSettings(WebhookSettings):
    """A webhook that routes tell, beside those of `[[webhook]]`, which are told of everything."""

    kind: Literal["webhook"]
    public: bool = False

    def open(self) -> WebhookChannel:
        return WebhookChannel(self)


AnyChannel = Annotated[
    AliyunSmsSettings
    | DingTalkSettings
    | FeishuSettings
    | FileSettings
    | RoutedWebhookSettings
    | TencentSmsSettings
    | WeComSettings,
    Field(discriminator="kind"),
]
"""One member a kind; the settings stand beside their sender in alerts/channels."""
