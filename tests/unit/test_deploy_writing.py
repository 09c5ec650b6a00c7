"""`tocsin env`: what it makes, and that a second call takes nothing away from anybody."""

import ssl
import stat
from pathlib import Path

import pytest
from support.command import tocsin

from tocsin.deploy.certificates import AUTHORITY_DAYS, SERVER_DAYS, make_authority, make_member, make_server
from tocsin.deploy.cluster import BROKERS, PASSWORDS
from tocsin.deploy.probe import probe
from tocsin.deploy.writing import SECRETS, write_deployment
from tocsin.settings import read_settings

NOW_MS = 1_790_000_000_000


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write(folder: Path) -> None:
    write_deployment(folder / "deploy", folder / ".env", now_ms=NOW_MS)


def add_enterprise(folder: Path) -> None:
    file = folder / "deploy" / "site" / "enterprises.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    new = ["E777", *lines[1].split(",")[1:]]
    file.write_text("\n".join([*lines, ",".join(new)]) + "\n", encoding="utf-8")


def test_what_it_makes_can_be_read_and_is_kept(tmp_path: Path) -> None:
    first = tocsin("env", "--out", tmp_path / "deploy", "--env-file", tmp_path / ".env", "--host", "b.example.org")
    assert first.code == 0
    assert "passwords.txt" in first.err
    settings = read_settings(tmp_path / "deploy" / "tocsin.toml", {})
    assert settings.mqtt[0].url == "mqtts://mosquitto:8883"
    before = contents(tmp_path)
    again = tocsin("env", "--out", tmp_path / "deploy", "--env-file", tmp_path / ".env")
    assert (again.code, again.err) == (0, "")
    assert again.out.startswith("kept  "), again.out
    assert contents(tmp_path) == before


def test_secrets_are_long_all_different_and_never_in_what_it_prints(tmp_path: Path) -> None:
    ran = tocsin("env", "--out", tmp_path / "deploy", "--env-file", tmp_path / ".env")
    found = [(tmp_path / "deploy" / "secrets" / name).read_text().strip() for name in SECRETS]
    found += [line.split()[1] for line in (tmp_path / "deploy" / "passwords.txt").read_text().splitlines()]
    assert len(set(found)) == len(found)
    assert all(len(secret) >= 24 for secret in found)
    env = (tmp_path / ".env").read_text()
    assert not any(secret in ran.out + ran.err + env for secret in found)


def test_nobody_else_on_the_machine_gets_through_the_folder(tmp_path: Path) -> None:
    write(tmp_path)
    deploy = tmp_path / "deploy"
    assert stat.S_IMODE(deploy.stat().st_mode) == 0o700
    for name in ("authority/ca.key", "passwords.txt", "../.env"):
        assert stat.S_IMODE((deploy / name).stat().st_mode) == 0o600, name
    # Containers have users of their own, and are handed these one by one.
    for name in ("secrets/influx_token", "broker/passwords", "tocsin.toml", "site/points.csv"):
        assert stat.S_IMODE((deploy / name).stat().st_mode) == 0o644, name


def test_a_new_enterprise_gets_a_user_and_all_others_keep_theirs(tmp_path: Path) -> None:
    write(tmp_path)
    before = contents(tmp_path / "deploy")
    (tmp_path / "deploy" / "passwords.txt").unlink()  # handed on
    add_enterprise(tmp_path)
    write(tmp_path)
    after = contents(tmp_path / "deploy")
    assert after["broker/passwords"].startswith(before["broker/passwords"])
    assert b"user E777" in after["broker/access"]
    assert after["passwords.txt"].split()[0] == b"E777"
    assert len(after["passwords.txt"].splitlines()) == 1
    assert {name for name in before if before[name] != after[name]} == {
        "broker/passwords",
        "broker/access",
        "site/enterprises.csv",
        "passwords.txt",
    }


def test_a_lost_password_of_tocsins_own_is_made_anew_on_both_sides(tmp_path: Path) -> None:
    write(tmp_path)
    before = contents(tmp_path / "deploy")
    (tmp_path / "deploy" / "secrets" / "mqtt_password").unlink()
    write(tmp_path)
    after = contents(tmp_path / "deploy")
    assert after["secrets/mqtt_password"] != before["secrets/mqtt_password"]
    assert after["broker/passwords"] != before["broker/passwords"]


def test_the_site_that_is_there_is_used_and_its_mistakes_are_told(tmp_path: Path) -> None:
    write(tmp_path)
    points = tmp_path / "deploy" / "site" / "points.csv"
    points.write_text("nonsense\n", encoding="utf-8")
    ran = tocsin("env", "--out", tmp_path / "deploy", "--env-file", tmp_path / ".env")
    assert ran.code == 2
    assert all("points.csv:" in line for line in ran.mistakes)


def test_the_certificate_names_its_hosts_and_is_vouched_for(tmp_path: Path) -> None:
    from cryptography import x509

    authority = make_authority(NOW_MS)
    server = make_server(authority, ["mosquitto", "10.1.2.3"], NOW_MS)
    certificate = x509.load_pem_x509_certificate(server.certificate)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mosquitto"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.1.2.3"]
    lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lasts.days == SERVER_DAYS
    (tmp_path / "both.pem").write_bytes(server.certificate + server.key)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(tmp_path / "both.pem")


def test_a_certificate_is_renewed_by_the_authority_that_devices_know_or_not_at_all(tmp_path: Path) -> None:
    write(tmp_path)
    broker, key = tmp_path / "deploy" / "broker", tmp_path / "deploy" / "authority" / "ca.key"
    known = (broker / "ca.pem").read_bytes()
    kept_elsewhere = key.rename(tmp_path / "ca.key")
    for name in ("server.pem", "server.key"):
        (broker / name).unlink()
    ran = tocsin("env", "--out", tmp_path / "deploy", "--env-file", tmp_path / ".env")
    assert ran.code == 2
    assert "ca.key is not there" in ran.err
    assert not (broker / "server.pem").exists()
    kept_elsewhere.rename(key)
    write(tmp_path)
    assert (broker / "server.pem").exists()
    assert (broker / "ca.pem").read_bytes() == known


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1", "http://127.0.0.1:1/"])
def test_a_probe_of_what_does_not_answer_says_so(url: str) -> None:
    assert probe(url).startswith(url)


def cluster(folder: Path) -> None:
    write_deployment(folder / "deploy", folder / ".env", now_ms=NOW_MS, cluster=True)


def profiles(folder: Path) -> list[str]:
    return [line for line in (folder / ".env").read_text().splitlines() if line.startswith("COMPOSE_PROFILES=")]


def test_one_process_runs_unless_the_cluster_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path)
    assert profiles(tmp_path) == ["COMPOSE_PROFILES=single"]
    assert not (tmp_path / "deploy" / "kafka").exists()
    before = contents(tmp_path)
    ran = tocsin("env", "--cluster", "--out", tmp_path / "deploy", "--env-file", tmp_path / ".env")
    assert ran.code == 0, ran.err
    assert "renewed" in ran.out
    after = contents(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {".env"}
    assert after[".env"] == before[".env"].replace(b"=single", b"=cluster"), "one line, in its place"
    write(tmp_path)
    assert contents(tmp_path) == after, "the cluster that is there stays"


def test_a_file_of_variables_from_before_there_were_profiles_gets_one(tmp_path: Path) -> None:
    write(tmp_path)
    old = (tmp_path / ".env").read_text().replace("COMPOSE_PROFILES=single\n", "")
    (tmp_path / ".env").write_text(old)
    write(tmp_path)
    assert (tmp_path / ".env").read_text() == f"{old}COMPOSE_PROFILES=single\n"
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_the_clusters_settings_can_be_read_and_its_secrets_are_its_own(tmp_path: Path) -> None:
    cluster(tmp_path)
    settings = read_settings(tmp_path / "deploy" / "tocsin.cluster.toml", {})
    assert settings.kafka is not None
    assert settings.kafka.bootstrap == tuple(f"{broker}:9092" for broker in BROKERS)
    assert settings.kafka.security == "tls"
    single = read_settings(tmp_path / "deploy" / "tocsin.toml", {})
    assert settings.model_dump(exclude={"kafka", "database"}) == single.model_dump(exclude={"kafka", "database"})
    names = [*SECRETS, *PASSWORDS, "mqtt_password"]
    assert len({(tmp_path / "deploy" / "secrets" / name).read_text() for name in names}) == len(names)


def test_kafkas_authority_vouches_for_its_members_alone(tmp_path: Path) -> None:
    from cryptography import x509

    cluster(tmp_path)
    kafka = tmp_path / "deploy" / "kafka"
    authority = x509.load_pem_x509_certificate((kafka / "ca.pem").read_bytes())
    for broker in BROKERS:
        both = (kafka / f"{broker}.pem").read_bytes()
        member = x509.load_pem_x509_certificate(both)
        member.verify_directly_issued_by(authority)
        names = member.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert broker in names.get_values_for_type(x509.DNSName)
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(kafka / f"{broker}.pem")
    devices = x509.load_pem_x509_certificate((tmp_path / "deploy" / "broker" / "server.pem").read_bytes())
    with pytest.raises(ValueError, match="Issuer"):
        devices.verify_directly_issued_by(x509.load_pem_x509_certificate((kafka / "ca.pem").read_bytes()))
    assert not list((tmp_path / "deploy").rglob("kafka*ca*.key")), "its key is not kept"


def test_a_member_lasts_as_long_as_its_authority() -> None:
    from cryptography import x509

    authority = make_authority(NOW_MS)
    member = x509.load_pem_x509_certificate(make_member(authority, ["kafka-1"], NOW_MS).certificate)
    assert (member.not_valid_after_utc - member.not_valid_before_utc).days == AUTHORITY_DAYS
    assert member.not_valid_after_utc <= x509.load_pem_x509_certificate(authority.certificate).not_valid_after_utc


def test_a_lost_certificate_is_told_of_and_nothing_is_mixed(tmp_path: Path) -> None:
    cluster(tmp_path)
    (tmp_path / "deploy" / "kafka" / "kafka-2.pem").unlink()
    ran = tocsin("env", "--cluster", "--out", tmp_path / "deploy", "--env-file", tmp_path / ".env")
    assert ran.code == 2
    assert "has lost kafka/kafka-2.pem" in ran.err
    assert not (tmp_path / "deploy" / "kafka" / "kafka-2.pem").exists()
