"""PostgreSQL that asks for a password over TLS: who gets in, and what is said to who does not."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import tocsin
from support.mosquitto import Certificates, make_certificates
from support.postgres import PostgresServer, postgres_server

from tocsin.book import AlarmBook, BookError, BookReader
from tocsin.book.schema import migrate
from tocsin.database import PostgresAddress
from tools.services.postgres import find


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def server(certificates: Certificates) -> Iterator[PostgresServer]:
    postgres_server()
    programs = find()
    assert programs is not None
    server = PostgresServer(programs, {"ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key"})
    for file in (certificates.server_cert, certificates.server_key):
        copy = Path(shutil.copy(file, server.folder / "data"))
        copy.chmod(0o600)
        owner = server.folder.stat()
        os.chown(copy, owner.st_uid, owner.st_gid)
    server.start()
    server.ask("CREATE ROLE wang LOGIN PASSWORD 'the secret'")
    server.make("theirs")
    server.ask("ALTER DATABASE theirs OWNER TO wang")
    (server.folder / "data" / "pg_hba.conf").write_text(
        "hostssl theirs wang 127.0.0.1/32 scram-sha-256\nhost all tocsin 127.0.0.1/32 trust\n"
    )
    server.ask("SELECT pg_reload_conf()")
    yield server
    server.close()


@pytest.fixture
def address(server: PostgresServer, certificates: Certificates, tmp_path: Path) -> PostgresAddress:
    password = tmp_path / "password"
    password.write_text("the secret\n")
    given = {"user": "wang", "password_file": password, "tls": True, "ca_file": certificates.ca}
    return server.address("theirs")._replace(**given)


def test_with_password_and_certificate(address: PostgresAddress) -> None:
    AlarmBook.open_for_writing(address).close()
    assert not migrate(address)


@pytest.mark.parametrize("what", ["password", "no password", "no file", "plain", "authority", "name", "database"])
def test_who_does_not_get_in_is_told_why(
    address: PostgresAddress, certificates: Certificates, tmp_path: Path, what: str
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("not the secret\n")
    change, reason = {
        "password": ({"password_file": wrong}, "password authentication failed"),
        "no password": ({"password_file": None}, "no password supplied"),
        "no file": ({"password_file": tmp_path / "none"}, "the password can't be read"),
        "plain": ({"tls": False}, "no pg_hba.conf entry"),
        "authority": ({"ca_file": certificates.client_cert}, "certificate verify failed"),
        "name": ({"host": "127.0.0.2"}, "can it be reached"),
        "database": ({"database": "nobodys"}, "no pg_hba.conf entry|does not exist"),
    }[what]
    with pytest.raises(BookError, match=reason) as caught:
        BookReader.open_for_reading(address._replace(**change))
    assert "secret" not in str(caught.value)


def test_the_tables_are_made_by_command(address: PostgresAddress, tmp_path: Path) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text('site = "site"\n')
    assert tocsin("book", "migrate", "--config", config).code == 2
    config.write_text(
        f'site = "site"\n[database]\nurl = "{address}"\nuser = "wang"\ntls = true\n'
        f'password_file = "{address.password_file}"\nca_file = "{address.ca_file}"\n'
    )
    migrate(address)
    assert tocsin("book", "migrate", "--config", config).out == f"{address}: up to date already\n"
    config.write_text(f'site = "site"\n[database]\nurl = "{address}"\nuser = "wang"\n')
    refused = tocsin("book", "migrate", "--config", config)
    assert (refused.code, len(refused.mistakes)) == (2, 1)
    ran = tocsin("run", "--config", config, environment={"TOCSIN_MQTT__URL": "mqtt://127.0.0.1:1"})
    assert (ran.code, ran.mistakes) == (2, [f"{config}:1: database: is for a cluster; `tocsin run` is one process, "
                                            "which keeps its alarm book in the data folder"])  # fmt: skip
