"""Weather as closed functions of the time of day: air temperature, wind speed and direction, stability.

Temperature: a sine over the day around the mean, warmest at 15:00 (surface air lags the sun by about three hours).
Wind speed: stronger by 40 % in the afternoon, weaker by as much before dawn, as the mixed layer grows and goes.
Direction: turns slowly around its mean by three sines of 3.1, 1.3 and 0.37 hours with phases by the seed, 20 degrees
at most each third. Stability: Pasquill's classes by day or night and wind (Turner, Workbook of Atmospheric Dispersion
Estimates, 1970, table 3-1, moderate sun and clear nights).
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulators.model import Finite, Model, NotNegative, Positive
from simulators.noise import keys_of, uniform

DAY_S: Final = 86_400.0
_WARMEST_S: Final = 15 * 3600.0
_GUST: Final = 0.4
_TURN_S: Final = (11_160.0, 4_680.0, 1_332.0)
_TURN_DEG: Final = 20.0 / 3.0
CALMEST_M_S: Final = 0.5
"""Below this a plume has no direction; the formula is not used for less wind."""

Stability = Literal["A", "B", "C", "D", "E", "F"]


class Weather(Model):
    """The weather of a scenario: figures of the whole day."""

    temperature_c: Finite = 20.0
    """Mean of the day."""
    swing_c: NotNegative = 6.0
    """How far the day goes above and below it."""
    wind_m_s: Positive = 2.5
    """Mean wind speed."""
    wind_from_deg: Finite = 135.0
    """Where the wind comes from, clockwise from north."""
    stability: Stability | None = None
    """Pasquill's class; left out: by the time of day and the wind."""


@dataclass(frozen=True, slots=True)
class Air:
    """The weather at `t_s` seconds after a scenario's start. `day_s` is the time of day of that start."""

    weather: Weather
    day_s: float
    seed: int

    def temperature_c(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Air temperature."""
        hour = 2.0 * np.pi * (t_s + self.day_s - _WARMEST_S) / DAY_S
        return np.asarray(self.weather.temperature_c + self.weather.swing_c * np.cos(hour))

    def wind_m_s(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Wind speed, never below CALMEST_M_S."""
        hour = 2.0 * np.pi * (t_s + self.day_s - _WARMEST_S) / DAY_S
        return np.maximum(self.weather.wind_m_s * (1.0 + _GUST * np.cos(hour)), CALMEST_M_S)

    def wind_from_deg(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Direction the wind comes from; not folded into 0 to 360."""
        phases = uniform(np.repeat(keys_of(self.seed, ["wind"]), len(_TURN_S)), np.arange(len(_TURN_S)))
        turn = sum(np.sin(2.0 * np.pi * (t_s / p + f)) for p, f in zip(_TURN_S, phases, strict=True))
        return np.asarray(self.weather.wind_from_deg + _TURN_DEG * turn)

    def stability(self, t_s: NDArray[np.float64]) -> list[Stability]:
        """Pasquill's class at each instant."""
        if self.weather.stability is not None:
            return [self.weather.stability] * len(t_s)
        hours = np.mod(t_s + self.day_s, DAY_S) / 3600.0
        return [_class(h, u) for h, u in zip(hours.tolist(), self.wind_m_s(t_s).tolist(), strict=True)]


def _class(hour: float, wind_m_s: float) -> Stability:
    if 7.0 <= hour < 18.0:
        return "B" if wind_m_s < 3.0 else "C" if wind_m_s < 5.0 else "D"
    return "F" if wind_m_s < 3.0 else "E" if wind_m_s < 5.0 else "D"
