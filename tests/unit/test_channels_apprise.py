"""Apprise: what is refused when it is opened, and that a missing extra says what to install."""

import sys
from pathlib import Path

import pytest

from alerts.channels.apprise_ import AppriseSettings
from alerts.channels.settings import MissingExtraError

KEY = "a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3"


def settings(folder: Path, text: str) -> AppriseSettings:
    file = folder / "urls"
    file.write_text(text, encoding="utf-8")
    return AppriseSettings(kind="apprise", name="tail", urls_file=file)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (f"dingtalk://{KEY}/13800001234", "dingtalk"),
        (f"jsons://oapi.dingtalk.com/robot/send?access_token={KEY}", "dingtalk"),
        (f"wecombot://{KEY}", "wecom"),
        (f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", "wecom"),
        (f"feishu://{KEY}", "feishu"),
        (f"json://open.feishu.cn/open-apis/bot/v2/hook/{KEY}", "feishu"),
    ],
)
def test_services_whose_errors_it_takes_for_success_are_refused(tmp_path: Path, url: str, kind: str) -> None:
    with pytest.raises(
        ValueError, match=rf'urls:2: Apprise takes .* allowed is a channel of kind = "{kind}"'
    ) as caught:
        settings(tmp_path, f"# robots\n{url}\n").open()
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "at least one Apprise address"),
        ("# none\n", "at least one Apprise address"),
        (f"nonsense://{KEY}", "urls:1: is no address that Apprise knows"),
        (f"json://[{KEY}", "urls:1: is no address that Apprise knows"),
    ],
)
def test_addresses_that_are_none(tmp_path: Path, text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong) as caught:
        settings(tmp_path, text).open()
    assert KEY not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere: the addresses can't be read"):
        AppriseSettings(kind="apprise", name="t", urls_file=tmp_path / "nowhere").open()


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tocsin\[apprise\]'"):
        settings(tmp_path, "json://127.0.0.1/").open()
