"""Which addresses a notice may go to: a target's name must not lead into the centre's own network."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")


class ForbiddenTargetError(Exception):
    """The target resolves to an address inside private ranges. Trying again helps once its DNS answer changes."""


def is_public(address: str) -> bool:
    """Whether an IP address (text) belongs to the public internet, also when it is wrapped in an IPv6 address."""
    ip = ip_address(address.partition("%")[0])
    return all(a.is_global and not a.is_multicast for a in (ip, *_wrapped(ip)))


def is_private_literal(host: str) -> bool:
    """Whether a host, as it stands in an address, is an inside address (or localhost) without any look-up."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return host.lower() == "localhost"
    return not is_public(host)


async def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of `host`, looked up once; connect to these and to nothing looked up later.

    Raises ForbiddenTargetError if any of them is not public, OSError if the name can't be resolved.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    for address in addresses:
        if not is_public(address):
            raise ForbiddenTargetError(f"{host} is at {address}, not a public address (allow_private is off)")
    return addresses


def _wrapped(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """IPv4 addresses that an IPv6 address stands for."""
    if isinstance(ip, IPv4Address):
        return []
    inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        inner.append(IPv4Address(int(ip) & 0xFFFFFFFF))
    return [a for a in inner if a is not None]
