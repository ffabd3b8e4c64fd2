"""The digest as Markdown (CommonMark)."""

from __future__ import annotations

import re

from aponia.literature.watch.digest import Digest
from aponia.literature.watch.layout import sections

__all__ = ["as_markdown", "escaped"]


def escaped(text: str) -> str:
    r"""Return text that CommonMark, and GitHub's form of it, shows as it stands.

    >>> print(escaped("<b>*a* [x](y) & 1. http://x"))
    \<b\>\*a\* \[x\](y) \& 1. http\://x
    """
    text = re.sub(r"([\\`*_\[\]<>|~&$@])", r"\\\1", text)
    # What begins a heading, list or rule does so at the start of a line alone.
    text = re.sub(r"^(\s*)([#+\-=:])", r"\1\\\2", text)
    text = re.sub(r"^(\s*\d+)([.)])", r"\1\\\2", text)
    # A bare address would become a link.
    text = text.replace("://", "\\://")
    return re.sub(r"(?i)\bwww\.", r"www\\.", text)


def as_markdown(digest: Digest) -> str:
    """Return the digest as Markdown."""
    out = [f"# {escaped(digest.title)}", ""]
    for section in sections(digest):
        out += [f"## {escaped(section.heading)}", ""]
        for sentence in section.sentences:
            out += [escaped(sentence), ""]
        for entry in section.entries:
            text = f"[{escaped(entry.text)}](<{entry.link}>)" if entry.link else escaped(entry.text)
            mark = f"{escaped(entry.mark)} " if entry.mark != "·" else ""
            lines = [f"- {mark}{text}", *(f"  {escaped(line)}" for line in entry.lines)]
            if entry.command:
                ticks = "`" * (max((len(m) for m in re.findall("`+", entry.command)), default=0) + 1)  # fmt: skip
                lines.append(f"  {ticks}{entry.command}{ticks}")
            # Two blanks at the end of a line: the next one begins below it.
            out += [f"{line}  " for line in lines[:-1]] + lines[-1:]
        if section.entries:
            out.append("")
    return "\n".join(out).rstrip("\n") + "\n"
