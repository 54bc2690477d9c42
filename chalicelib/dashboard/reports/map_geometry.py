"""Where things are on the map of the world, as the build has drawn it in map.svg."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from chalicelib.dashboard import static_files

FILE: Final = "map.svg"
# The smallest part of the map that is shown, and the space around what it is shown for, in its units.
_PART: Final = (320.0, 176.0)
_MARGIN: Final = 24.0
# The polynomial of the Equal Earth projection (Šavrič, Patterson and Jenny, 2018).
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796

# Left, top, right, bottom.
Box = tuple[float, float, float, float]


class Geometry(NamedTuple):
    """What the file has.

    :ivar shapes: the path around each country, and :ivar points: the centre of those that are drawn as a circle, by
        their codes.
    :ivar scale, origin, meridian: of the projection: units per radian, where its centre is, and its degrees east.
    """

    width: float
    height: float
    shapes: Mapping[str, str]
    points: Mapping[str, tuple[float, float]]
    scale: float
    origin: tuple[float, float]
    meridian: float

    @property
    def view_box(self) -> str:
        """The whole map, as SVG writes it."""
        return f"0 0 {self.width:g} {self.height:g}"

    def has(self, country: str) -> bool:
        """Whether a country, by its code, is on the map."""
        return country in self.shapes or country in self.points

    def box(self, country: str) -> Box:
        """The box around a country that is on the map."""
        point = self.points.get(country)
        return (*point, *point) if point else _box_of(self.shapes[country])

    def view_box_around(self, box: Box) -> str:
        """The part of the map around a box, always of about the same shape."""
        left, top, right, bottom = box
        shape = _PART[0] / _PART[1]
        width = max(right - left + 2 * _MARGIN, (bottom - top + 2 * _MARGIN) * shape, _PART[0])
        width, height = min(width, self.width), min(width / shape, self.height)
        x = min(max((left + right - width) / 2, 0), self.width - width)
        y = min(max((top + bottom - height) / 2, 0), self.height - height)
        return f"{x:.0f} {y:.0f} {width:.0f} {height:.0f}"

    def project(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Coordinates (degrees) on the map."""
        east = math.radians((longitude - self.meridian + 180) % 360 - 180)
        angle = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
        square = angle * angle
        sixth = square**3
        slope = _A1 + 3 * _A2 * square + sixth * (7 * _A3 + 9 * _A4 * square)
        x = east * math.cos(angle) / (math.sqrt(3) / 2 * slope)
        y = angle * (_A1 + _A2 * square + sixth * (_A3 + _A4 * square))
        return round(self.origin[0] + self.scale * x, 1), round(self.origin[1] - self.scale * y, 1)


@cache
def of_file() -> Geometry:
    """Of the built file."""
    text = static_files.assets()[FILE].content.decode()
    root: Mapping[str, str] = dict(re.findall(r'([\w-]+)="([^"]*)"', text.partition(">")[0]))
    _left, _top, width, height = map(float, root["viewBox"].split())
    x, y = map(float, root["data-origin"].split())
    circles = re.findall(r'<circle id="(\w\w)" cx="([\d.]+)" cy="([\d.]+)"', text)
    return Geometry(
        width,
        height,
        dict(re.findall(r'<path id="(\w\w)" d="([^"]+)"', text)),
        {code: (float(cx), float(cy)) for code, cx, cy in circles},
        float(root["data-scale"]),
        (x, y),
        float(root["data-meridian"]),
    )


def _box_of(path: str) -> Box:
    """The box around a path that has the commands of the build: ``M``, ``m``, ``l``, ``h``, ``v`` and ``z``."""
    x = y = 0.0
    start = (x, y)
    places = []
    for command, rest in re.findall(r"([Mmlhvz])([^Mmlhvz]*)", path):
        numbers = [float(number) for number in re.findall(r"-?\d+", rest)]
        if command == "z":
            x, y = start
            continue
        if command == "M":
            x = y = 0.0
        x += numbers[0] if command != "v" else 0
        y += numbers[-1] if command != "h" else 0
        if command in "Mm":
            start = (x, y)
        places.append((x, y))
    return min(x for x, _ in places), min(y for _, y in places), max(x for x, _ in places), max(y for _, y in places)
