"""An authority of one's own, and the certificates that it gives: to the broker, and to the members of a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_RSA_BITS: Final = 2048
"""RSA, because the gateways of the field speak it everywhere."""
AUTHORITY_DAYS: Final = 3650
SERVER_DAYS: Final = 825
"""Longer ones are refused by some clients."""
_BACKDATED: Final = timedelta(hours=1)
"""Devices' clocks may be behind."""


class MissingExtraError(ImportError):
    """The library that makes certificates is not installed."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, in PEM; the key without a password."""

    certificate: bytes
    key: bytes


def make_authority(now_ms: int, common: str = "Tocsin authority") -> Issued:
    """An authority that can vouch for others, for ten years. MissingExtraError without the library `cryptography`."""
    _need()
    from cryptography import x509

    key = _new_key()
    name = _name(common)
    builder = _builder(name, name, key, now_ms, AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return _signed(builder, key, key)


def make_server(authority: Issued, hosts: Sequence[str], now_ms: int) -> Issued:
    """A server's certificate for names and addresses, from an authority that `make_authority` made."""
    return _issue(authority, hosts, now_ms, SERVER_DAYS, client=False)


def make_member(authority: Issued, hosts: Sequence[str], now_ms: int) -> Issued:
    """A certificate for who calls and is called by others of the same authority; it lasts as long as that.

    The first of `hosts` is the name under which it is known to those it calls.
    """
    return _issue(authority, hosts, now_ms, AUTHORITY_DAYS, client=True)


def _issue(authority: Issued, hosts: Sequence[str], now_ms: int, days: int, *, client: bool) -> Issued:
    _need()
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509.oid import ExtendedKeyUsageOID

    signer = x509.load_pem_x509_certificate(authority.certificate)
    signer_key = serialization.load_pem_private_key(authority.key, password=None)
    if not isinstance(signer_key, RSAPrivateKey):
        raise ValueError("the authority's key is no RSA key")
    key = _new_key()
    uses = [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if client else [])]
    builder = _builder(_name(hosts[0]), signer.subject, key, now_ms, days)
    builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    vouched = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key())
    return _signed(builder.add_extension(vouched, critical=False), key, signer_key)


def _need() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise MissingExtraError("certificates need more than the core: pip install 'tocsin[console]'") from None


def _new_key() -> "RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)


def _name(common: str) -> "x509.Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, authority: bool) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: "x509.Name", issuer: "x509.Name", key: "RSAPrivateKey", now_ms: int, days: int
) -> "x509.CertificateBuilder":
    from cryptography import x509

    begins = datetime.fromtimestamp(now_ms / 1000, UTC) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
    )


def _signed(builder: "x509.CertificateBuilder", key: "RSAPrivateKey", signer_key: "RSAPrivateKey") -> Issued:
    from cryptography.hazmat.primitives import hashes, serialization

    certificate = builder.sign(signer_key, hashes.SHA256())
    return Issued(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
