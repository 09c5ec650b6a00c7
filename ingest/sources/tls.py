"""The TLS context of a broker connection."""

import ssl

from ingest.source import SourceSettings


def tls_context(settings: SourceSettings) -> ssl.SSLContext | None:
    """None where the settings ask for no TLS. OSError or ssl.SSLError if a named file can't be used.

    The broker's certificate and name are always checked, against `ca_file` or else the system's authorities.
    """
    if not settings.tls:
        return None
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.cert_file is not None:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context
