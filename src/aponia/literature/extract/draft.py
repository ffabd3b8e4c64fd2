"""The skeleton as YAML in the format of the evidence base, each filled line under its quotation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aponia.literature.extract.quoting import Filled

__all__ = ["Draft"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A study's skeleton.

    Parameters
    ----------
    skeleton : dict
        Keys of the evidence format; null (or an empty list) where the record states nothing.
    filled : tuple of Filled
        Every value that is not null, with the words it was read from.
    to_complete : tuple of str
        What a person must add or decide, each with the reason.
    """

    skeleton: dict[str, Any]
    filled: tuple[Filled, ...]
    to_complete: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-safe values."""
        return {
            "skeleton": self.skeleton,
            "filled": [
                {"field": f.field, "value": f.value, "source": f.source, "part": f.part, "quotation": f.quotation}
                for f in self.filled
            ],
            "to_complete": list(self.to_complete),
        }  # fmt: skip

    def to_yaml(self) -> str:
        """Return the file's text; quotations and open questions stand in comments."""
        said: dict[str, list[str]] = {}
        for item in self.filled:
            top = item.field.split(".")[0].split("[")[0]
            said.setdefault(top, []).append(f"# record, {item.part}: {_one_line(item.quotation)}")
        lines = [
            "# DRAFT from one record: nothing but the record was read. A person must complete it.",
            *(f"# - {text}" for text in self.to_complete),
        ]
        for key, value in self.skeleton.items():
            lines += dict.fromkeys(said.get(key, ()))
            lines += _entry(key, value)
        return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _entry(key: str, value: Any) -> list[str]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"{key}:", *(f"- {_flow(item)}" for item in value)]
    return [f"{key}: {_flow(value)}"]


def _flow(value: Any) -> str:
    """JSON on one line is YAML; keys without quotation marks as in the other files."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_flow(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)
