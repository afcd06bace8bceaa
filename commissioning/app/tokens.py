"""Every colour and size of the window, for both themes. Text on its ground passes WCAG AA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from commissioning.viewport.palette import BLOCKED, DOWN, IDLE, OFF, SETUP, STARVED, WORKING, Palette

RADIUS = 5  # px
GAP = 6  # px between cards
ROW = 24  # px

STATE_NAMES = {
    IDLE: "idle",
    WORKING: "working",
    STARVED: "starved",
    BLOCKED: "blocked",
    DOWN: "down",
    SETUP: "set-up",
    OFF: "off",
}

# IEC 60073: what an operator sees on push buttons and lamps, the same in both themes.
IEC = {
    "red": "#D7263D",
    "yellow": "#F2B705",
    "green": "#1E9E57",
    "blue": "#2463C9",
    "white": "#F3F4F6",
}

_ROLES = {
    "frame": "#9AA3AD",
    "belt": "#3A3F44",
    "roller": "#C9CED4",
    "guard": "#F2C300",
    "steel": "#B9C0C7",
    "sensor": "#23272C",
    "blade": "#D08700",
    "pusher": "#2F63B5",
    "panel": "#D4D8DD",
    "lamp_red": "#D7263D",
    "lamp_yellow": "#F2B705",
    "lamp_green": "#1E9E57",
    "lamp_blue": "#2463C9",
    "button_green": "#1E9E57",
    "button_red": "#D7263D",
    "estop": "#D7263D",
    "station": "#B9C0C7",
    "source": "#8A939D",
    "sink": "#8A939D",
    "robot": "#E2631B",
    "carton": "#C49A6C",
    "pallet": "#B08D57",
    "tote": "#3F6FB5",
}


@dataclass(frozen=True)
class Tokens:
    """One theme."""

    name: str
    window: str
    panel: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selected: str  # ground of a selected row
    passed: str
    failed: str
    inconclusive: str
    starved: str
    blocked: str
    down: str
    setup: str
    idle: str
    forced: str
    on_forced: str
    real: str
    live: str
    background_low: str
    background_high: str
    floor: str
    shadow: str
    grid: str
    grid_strong: str
    beam_free: str
    beam_blocked: str

    @property
    def states(self) -> Mapping[int, str]:
        """Colour of a device state's dot."""
        return {
            IDLE: self.idle,
            WORKING: self.idle,
            STARVED: self.starved,
            BLOCKED: self.blocked,
            DOWN: self.down,
            SETUP: self.setup,
            OFF: self.border,
        }

    @property
    def palette(self) -> Palette:
        """What the 3D picture takes from the theme: only states that need attention have a tint."""
        return Palette(
            background_low=self.background_low,
            background_high=self.background_high,
            floor=self.floor,
            shadow=self.shadow,
            grid=self.grid,
            grid_strong=self.grid_strong,
            selection=self.accent,
            beam_free=self.beam_free,
            beam_blocked=self.beam_blocked,
            text=self.text,
            panel=self.panel,
            border=self.border,
            roles=_ROLES,
            states={BLOCKED: self.blocked, DOWN: self.down, STARVED: self.starved, SETUP: self.setup},
        )


LIGHT = Tokens(
    name="light",
    window="#F3F4F6",
    panel="#FFFFFF",
    raised="#E9EBEE",
    border="#D4D8DD",
    text="#1E2329",
    muted="#616A75",
    accent="#2463C9",
    on_accent="#FFFFFF",
    selected="#E1EBFA",
    passed="#1B7F5C",
    failed="#C4420A",
    inconclusive="#8A6D00",
    starved="#3A8FC8",
    blocked="#D08700",
    down="#C4420A",
    setup="#A65A8D",
    idle="#9AA2AC",
    forced="#B5127A",
    on_forced="#FFFFFF",
    real="#C4420A",
    live="#1B7F5C",
    background_low="#EEF1F4",
    background_high="#FFFFFF",
    floor="#DADFE4",
    shadow="#CAD0D6",
    grid="#CBD1D8",
    grid_strong="#AAB2BB",
    beam_free="#3BA776",
    beam_blocked="#E5482D",
)

DARK = Tokens(
    name="dark",
    window="#1D2024",
    panel="#24282D",
    raised="#2E333A",
    border="#3B4048",
    text="#E7E9EC",
    muted="#9DA6B1",
    accent="#6BA4FF",
    on_accent="#10141A",
    selected="#2B3B55",
    passed="#35C08F",
    failed="#FF7A45",
    inconclusive="#E0B93A",
    starved="#62B5EA",
    blocked="#F0AE2E",
    down="#FF7A45",
    setup="#D38CBB",
    idle="#707985",
    forced="#F067B8",
    on_forced="#1D0B16",
    real="#FF7A45",
    live="#35C08F",
    background_low="#22262B",
    background_high="#30363D",
    floor="#2A2F35",
    shadow="#22262B",
    grid="#383E46",
    grid_strong="#4C545E",
    beam_free="#35C08F",
    beam_blocked="#FF6A4D",
)

THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
