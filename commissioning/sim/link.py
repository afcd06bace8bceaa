"""Links: connections of a run to a controller or partner over a protocol.

A link lives in the one asyncio thread (`commissioning.sim.link_thread`). The run thread only hands
batches over: `exchange` gives what changed in the line and takes what came from outside, and never
blocks. Trouble is a status with a reason, not an exception.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from commissioning.model.declare import TypeDeclaration
from commissioning.model.problem import Problem
from commissioning.model.scene import Scene
from commissioning.model.tags import DataType, Quality, Reason, Value

__all__ = ["Change", "FromOutside", "Link", "LinkStatus", "LinkTag", "State", "TagEntry", "link_tags"]

State = Literal["closed", "connecting", "up", "lost", "refused"]


@dataclass(frozen=True, slots=True)
class LinkTag:
    """One tag that a link carries.

    `index` is the signal's index in the run. `direction` is seen from the PLC: an "input" is what the
    field (our line) supplies, an "output" is what the PLC commands. `writable`: a partner may set it.
    `folder` groups tags for browsing: the controller they belong to, or the device of a port.
    """

    index: int
    name: str
    type: DataType
    direction: Literal["input", "output"]
    path: str = ""
    address: str = ""
    comment: str = ""
    folder: str = ""
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """The effective value of a signal changed at `t_ns` (virtual time)."""

    index: int
    value: Value
    quality: Quality
    t_ns: int
    reason: Reason = Reason.NONE


@dataclass(frozen=True, slots=True)
class FromOutside:
    """Something a partner set, received at `wall_ns` (monotonic clock).

    A `value` of None means that there is none (bad quality): the tag keeps its last one.
    """

    index: int
    value: Value | None
    quality: Quality
    wall_ns: int
    reason: Reason = Reason.NONE


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How a link is doing. Counters count tags since `open`.

    `reads`: values received. `writes`: values sent to a partner or published. `refused_writes`: what
    either side did not accept. `lag_ms`: age of the last batch when it was sent. `partner` says who is
    on the other end, as far as it told.
    """

    state: State
    reason: str = ""
    armed: bool = False
    reads: int = 0
    writes: int = 0
    refused_writes: int = 0
    lag_ms: float = 0.0
    partner: str = ""
    problems: tuple[Problem, ...] = ()


class Link(ABC):
    """What every link type offers.

    `params` are in SI units, defaults filled in; `folder` is where their relative paths start.
    """

    declaration: ClassVar[TypeDeclaration]
    real: ClassVar[bool] = False
    """Talks to a real controller: read-only until `arm` was called for this run."""

    def __init__(self, id: str, params: Mapping[str, Any], folder: Path = Path()) -> None:
        self.id, self.params, self.folder = id, params, folder

    def faults(self) -> tuple[Problem, ...]:
        """What is wrong with the parameters. Opens nothing; asked when a scene is loaded."""
        return ()

    def listens(self) -> tuple[str, int] | None:
        """(host, port) at which it will wait for partners, if it does and its parameters have no faults."""
        return None

    @abstractmethod
    def open(self, tags: Sequence[LinkTag]) -> None:
        """Start to connect or to listen; returns at once."""

    @abstractmethod
    def wait_open(self, timeout: float) -> tuple[Problem, ...]:
        """Wait up to `timeout` seconds until the link is up; why it is not, if it is not."""

    @abstractmethod
    def exchange(self, changed: Sequence[Change]) -> Sequence[FromOutside]:
        """Hand over what changed, take what came, in order. Called by the run thread; never blocks.

        Going out, the newest value per tag wins.
        """

    @abstractmethod
    def on_wake(self, fn: Callable[[], None]) -> None:
        """Call `fn()`, from the asyncio thread, when something came in or the state changed."""

    @abstractmethod
    def status(self) -> LinkStatus:
        """How it stands with the connection."""

    @abstractmethod
    def arm(self) -> tuple[Problem, ...]:
        """Allow writing to the controller for this run. Problems: why it cannot be allowed."""

    @abstractmethod
    def disarm(self) -> None:
        """Back to read-only."""

    @abstractmethod
    def close(self) -> None:
        """End the link, in bounded time. Closing twice is fine."""


class TagEntry(Protocol):
    """What `link_tags` reads of an entry of the tag table."""

    @property
    def index(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> DataType: ...
    @property
    def direction(self) -> str: ...
    @property
    def controller(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def comment(self) -> str: ...


def link_tags(scene: Scene, entries: Sequence[TagEntry], link: str, *, real: bool) -> tuple[LinkTag, ...]:
    """The tags that link `link` carries.

    A `real` link (to a controller) carries the tags of the external controllers that name it. Any
    other link publishes every tag; a PLC output is writable there only if nobody in the run writes it.
    """
    kinds = {id: record.type for id, record in scene.controllers.items()}
    mine = {id for id, record in scene.controllers.items() if record.params.get("link") == link}
    only = next(iter(kinds)) if len(kinds) == 1 else ""
    tags = []
    for entry in entries:
        if entry.direction not in ("input", "output"):
            continue
        controller = entry.controller or only
        if real and controller not in mine:
            continue
        output = entry.direction == "output"
        tags.append(
            LinkTag(
                index=entry.index,
                name=entry.name,
                type=entry.type,
                direction="output" if output else "input",
                path=entry.path,
                address=entry.address,
                comment=entry.comment,
                folder=controller or entry.name.partition(".")[0],
                writable=output and not real and not entry.owner,
            )
        )
    return tuple(tags)
