"""The channels of `[[channel]]`: which kinds there are."""

from typing import Annotated, Literal

from pydantic import Field

from alerts.channels.alertmanager import AlertmanagerSettings
from alerts.channels.aliyun_sms import AliyunSmsSettings
from alerts.channels.apprise_ import AppriseSettings
from alerts.channels.cap import CapSettings
from alerts.channels.dingtalk import DingTalkSettings
from alerts.channels.feishu import FeishuSettings
from alerts.channels.file import FileSettings
from alerts.channels.gsm_modem import GsmModemSettings
from alerts.channels.mail import MailSettings
from alerts.channels.mqtt_settings import MqttDeviceSettings
from alerts.channels.smpp import SmppSettings
from alerts.channels.tencent_sms import TencentSmsSettings
from alerts.channels.voice import VoiceSettings
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.channels.wecom import WeComSettings


class RoutedWebhookSettings(WebhookSettings):
    """A webhook that routes tell, beside those of `[[webhook]]`, which are told of everything."""

    kind: Literal["webhook"]
    public: bool = False

    def open(self) -> WebhookChannel:
        return WebhookChannel(self)


AnyChannel = Annotated[
    AlertmanagerSettings
    | AliyunSmsSettings
    | AppriseSettings
    | CapSettings
    | DingTalkSettings
    | FeishuSettings
    | FileSettings
    | GsmModemSettings
    | MailSettings
    | MqttDeviceSettings
    | RoutedWebhookSettings
    | SmppSettings
    | TencentSmsSettings
    | VoiceSettings
    | WeComSettings,
    Field(discriminator="kind"),
]
"""One member a kind; the settings stand beside their sender in alerts/channels."""
