"""Certificates for servers on this machine."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest


def self_signed(folder: Path, host: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """A certificate that signs itself (PEM) and a server's context with it. Skips without openssl."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not there to make a certificate")
    certificate, key = folder / "server.pem", folder / "server.key"
    alternative = f"IP:{host}" if host[0].isdigit() else f"DNS:{host}"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={host} -addext subjectAltName={alternative}"
    subprocess.run([*command.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return certificate, context
