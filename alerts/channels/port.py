"""The port of a channel: what the dispatcher asks of every way to tell somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

ANSWER_BYTES = 512
"""How much of a target's answer is kept."""

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person (or a room, a siren, a group) as contacts.csv has them."""

    contact: str
    name: str = ""
    phone: str | None = None
    email: str | None = None
    handles: Mapping[str, str] = field(default_factory=dict)
    """What a channel calls them, by channel name: a user's id in a chat, a device's topic."""
    language: Language = "zh"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text says of an alarm, with names in place of ids. Values and limits are in `unit_symbol`."""

    alarm: str
    severity: str
    level: str
    side: str
    enterprise_name: str
    unit_name: str
    subject_name: str
    kind: str
    rule: str
    text: Mapping[str, str] = field(default_factory=dict)
    """The rule's words by language, with the event's values put in."""
    guidance: Mapping[str, str] = field(default_factory=dict)
    value: float | None = None
    limit: float | None = None
    unit_symbol: str = ""
    raised_at_ms: int = 0
    zone: str = "Asia/Shanghai"
    """The site's time zone, for times in texts."""
    region_name: str = ""
    reason: str = ""
    historical: bool = False
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One event that is told of. `event` is the published event object as JSON; `id` is unique to the event."""

    id: str
    name: str
    enterprise: str
    subject: str
    at_ms: int
    event: bytes
    purpose: str = "alarm"
    """alerts.call.Purpose."""
    facts: Facts | None = None
    named: bool = False
    """A message that speaks of several names this one, whatever it leaves out."""
    link: str = ""
    """Opens a page on which this recipient can acknowledge."""
    reply_code: str = ""
    """Acknowledges when this recipient sends it back by short message."""
    distance_m: float | None = None
    """How far the alarm is from a recipient who is told as a neighbour."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message: one event or several, to one recipient. `id` is stable over retries."""

    id: str
    items: tuple[Item, ...]
    recipient: Recipient | None = None
    """None: the channel itself is the receiver."""
    urgent: bool = False
    exercise: bool = False
    """Not real: every text begins with saying so."""
    more: int = 0
    """So many events wait beyond those in `items`."""

    @property
    def first(self) -> Item:
        return self.items[0]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. Only `delivered` ends the retries."""

    delivered: bool
    status: int | None = None
    answer: str = ""
    error: str = ""
    retry_after_s: float | None = None
    """The target asked not to be called before that many seconds have passed."""
    provider_id: str = ""
    """The provider's name for the message: receipts and complaints go by it."""
    permanent: bool = False
    """Trying this way again can't help (a wrong number, a refused template): the next way is tried at once."""
    throttled: bool = False
    """A limit of the provider: nothing is wrong with the notice, it goes later, together with others."""
    receipt: Literal["none", "pending", "confirmed"] = "none"
    """Whether the provider will tell (pending) or has told (confirmed) that it reached the person."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider told later of a message: that it reached the person, or that it did not."""

    provider_id: str
    delivered: bool
    at_ms: int
    text: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A short message that somebody sent back. `phone` is E.164; `id` is the same however often it is told."""

    id: str
    phone: str
    text: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `most` messages in any `within_s` seconds, over the channel or to each recipient."""

    most: int
    within_s: float
    per: Literal["channel", "recipient"] = "channel"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel can take; the dispatcher keeps to it beforehand."""

    bundles: bool = True
    """Several events may go as one message."""
    quotas: tuple[Quota, ...] = ()
    kept_for_red: float = 0.0
    """The share of each quota that only urgent notices may use."""
    concurrency: int = 1
    most_items: int = 500
    """No more events in one message."""
    give_up_after_s: float = 24 * 3600.0
    """A notice is tried for so long over this channel, then the next way has it."""
    failover_after_s: float = 120.0
    """Where another way is left, an urgent notice waits no longer than this for this channel to work."""


class Channel(Protocol):
    @property
    def name(self) -> str:
        """The channel's name: in contacts.csv, in routes and in the outbox."""

    @property
    def limits(self) -> Limits:
        """What it can take."""

    async def send(self, notice: Notice, now_ms: int) -> Outcome:
        """Try once, within the channel's own time limit. Raises nothing: every failure is an Outcome."""

    async def close(self) -> None:
        """Give up connections."""


@runtime_checkable
class TellsReceipts(Protocol):
    """A channel whose provider tells later what became of a message."""

    async def receipts(self, pending: Sequence[tuple[str, str, int]], now_ms: int) -> list[Receipt]:
        """Ask for news of messages: (provider_id, phone, sent_at_ms) each. Raises nothing; no news is an empty list."""


@runtime_checkable
class TellsReplies(Protocol):
    """A channel on which people can answer."""

    async def replies(self, now_ms: int) -> list[Reply]:
        """What has come since the last call. Raises nothing; nothing is an empty list."""
