"""What a mail consists of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """The button of a mail. `url`: absolute."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Content:
    """A mail's subject and text. `notes`: paragraphs in small type, below the button."""

    subject: str
    paragraphs: tuple[str, ...]
    action: Action | None = None
    notes: tuple[str, ...] = ()
