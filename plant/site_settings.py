"""site.yaml as a pydantic model: what it may say."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Words = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=256, strip_whitespace=True)]
Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class SiteSettings(BaseModel):
    """The monitoring centre itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="site.yaml")

    name: Annotated[Words, Field(description="what people call the monitoring centre's area")]
    timezone: Annotated[Words, Field(description="IANA time zone, such as Asia/Shanghai")]
    centre: Annotated[
        tuple[Annotated[Degrees, Field(ge=-90, le=90)], Annotated[Degrees, Field(ge=-180, le=180)]] | None,
        Field(description="[latitude, longitude] in degrees, WGS 84: the middle of the map"),
    ] = None
    packs: Annotated[
        tuple[Words, ...] | None, Field(description="rule packs switched on; left out: [data-health]; [] is none")
    ] = None
