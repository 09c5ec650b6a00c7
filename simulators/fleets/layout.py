"""Who speaks for which point, and over which connection."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, get_args

from plant.mistakes import InputError, Mistake
from plant.site import Point, Site
from simulators.wire.port import Form, Speaker, device_of

Connections = Literal["one", "device", "gateway"]
CONNECTIONS: tuple[str, ...] = get_args(Connections)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A speaker, its points, and the number of its connection."""

    speaker: Speaker
    points: tuple[Point, ...]
    connection: int


@dataclass(frozen=True, slots=True)
class Layout:
    """`place`: for each place in points.csv the number of its group and of its device."""

    groups: list[Group]
    place: list[tuple[int, int]]
    connections: int


def layout_of(site: Site, form: Form, connections: Connections | None, per_gateway: int, topic: str | None) -> Layout:
    """The fleet of a site in a form.

    connections  one for all, one for each device, or gateways that carry at most `per_gateway` devices of one
                 enterprise; None: what the form needs, else one
    topic        a pattern instead of the form's own

    InputError names the points whose cells don't fit the form; ValueError: connections that it can't have.
    """
    if connections is None:
        connections = "gateway" if form.has_sessions else "one"
    by_gateway = form.has_sessions or form.gathers
    if by_gateway and connections == "device":
        raise ValueError(f"devices of {form.name} speak through their gateway, so connections are one or gateway")
    if form.has_sessions and connections != "gateway":
        raise ValueError(f"each node of {form.name} needs a connection of its own, so connections are gateway")
    speakers: dict[str, list[Point]] = {}
    for point, name in _named(site, form):
        speakers.setdefault(name, []).append(point)
    numbers = _connections([points[0] for points in speakers.values()], connections, 1 if by_gateway else per_gateway)
    devices: dict[tuple[str, str], int] = {}
    placed: dict[str, tuple[int, int]] = {}
    groups: list[Group] = []
    for (name, points), connection in zip(speakers.items(), numbers, strict=True):
        for p in points:
            placed[p.point] = len(groups), devices.setdefault((name, device_of(p)), len(devices))
        groups.append(Group(form.speaker(name, points, topic), tuple(points), connection))
    return Layout(groups, [placed[point] for point in site.points], max(numbers, default=-1) + 1)


def _named(site: Site, form: Form) -> Iterator[tuple[Point, str]]:
    wrong: list[Mistake] = []
    for point in site.points.values():
        try:
            yield point, form.speaker_of(point)
        except ValueError as error:
            wrong.append(Mistake("points.csv", point.line, "", f"{point.point}: {error} ({form.name})"))
    if wrong:
        raise InputError(wrong)


def _connections(first_points: Sequence[Point], connections: Connections, per_gateway: int) -> list[int]:
    if connections == "one":
        return [0] * len(first_points)
    if connections == "device":
        return list(range(len(first_points)))
    order = sorted(range(len(first_points)), key=lambda i: first_points[i].enterprise)
    numbers = [0] * len(first_points)
    number = -1
    for _, members in groupby(order, key=lambda i: first_points[i].enterprise):
        for rank, i in enumerate(members):
            number += rank % per_gateway == 0
            numbers[i] = number
    return numbers
