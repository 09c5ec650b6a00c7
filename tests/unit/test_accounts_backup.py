"""Accounts are a part of a backup, taken while somebody signs in."""

from pathlib import Path

from support.accounts import PASSWORD, Desk
from support.data_folder import make_data_folder

from tocsin.log.backup import backup
from tocsin.log.layout import ACCOUNTS
from tocsin.log.restore import restore


def test_a_restored_backup_knows_its_users(tmp_path: Path) -> None:
    made = make_data_folder(tmp_path)
    desk = Desk(made.data)
    desk.user("li")
    manifest = backup(made.data, tmp_path / "backup.tar")
    desk.user("chen")
    assert ACCOUNTS in {kept.name for kept in manifest.files}
    restore(tmp_path / "backup.tar", tmp_path / "again")
    again = Desk(tmp_path / "again")
    assert again.accounts.sign_in("li", PASSWORD)
    assert again.accounts.users.find("chen") is None
    for one in (desk, again):
        one.accounts.close()
