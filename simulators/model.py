"""What the models of a scenario file share: strict keys, numbers, and numbers drawn by the seed."""

from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from simulators.noise import keys_of, uniform


def _schema(**limits: float) -> WithJsonSchema:
    number = {"type": "number", **limits}
    bounds = {"type": "object", "properties": {"from": number, "to": number}}
    drawn = {**bounds, "required": ["from", "to"], "additionalProperties": False}
    return WithJsonSchema({"anyOf": [number, {**drawn, "description": "drawn by the seed"}]})


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), _schema(exclusiveMinimum=0)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False), _schema(minimum=0)]
Finite = Annotated[float, Field(allow_inf_nan=False), _schema()]
Fraction = Annotated[float, Field(gt=0, le=1), _schema(exclusiveMinimum=0, maximum=1)]
Relative = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)? % of (range|l|ll|h|hh)$")]
"""A part of the point's range or of one of its limits."""
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]

_BOUNDS: Final = {"from", "to"}


class Model(BaseModel):
    """A mapping of the file. Any number of it may be `{from: A, to: B}`: then it is A + u (B - A), u by the seed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    _ranges: dict[str, tuple[float, float]] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _with_ranges(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Read the mapping with every range at its low end, at its high end, and keep it at its middle."""
        ranges = _ranges_of(data)
        if not ranges:
            return handler(data)
        for end in (0, 1):
            handler({**data, **{key: bounds[end] for key, bounds in ranges.items()}})
        for key, (low, high) in ranges.items():
            if low > high:
                raise ValueError(f"{key}: from {low:g} is above to {high:g}")
        made = handler({**data, **{key: (low + high) / 2.0 for key, (low, high) in ranges.items()}})
        made._ranges = ranges
        return made

    def drawn(self, seed: int, name: str) -> Self:
        """The same with every range made a number by the seed; `name` keeps the draws of two mappings apart."""
        changed: dict[str, Any] = {}
        for field in type(self).model_fields:
            value = getattr(self, field)
            if field in self._ranges:
                low, high = self._ranges[field]
                u = float(uniform(keys_of(seed, [f"range {name}.{field}"]), 0)[0])
                changed[field] = round(low + u * (high - low), 6)
            elif isinstance(value, Model):
                changed[field] = value.drawn(seed, f"{name}.{field}")
        return self.model_copy(update=changed) if changed else self


def _ranges_of(data: Any) -> dict[str, tuple[float, float]]:
    if not isinstance(data, dict):
        return {}
    ranges = {}
    for key, value in data.items():
        if isinstance(value, dict) and set(value) == _BOUNDS:
            low, high = value["from"], value["to"]
            if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in (low, high)):
                raise ValueError(f"{key}: from and to are numbers")
            ranges[str(key)] = (float(low), float(high))
    return ranges
