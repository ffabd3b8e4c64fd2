"""Printed documents: a template and its data to PDF, with Typst.

In: the name of a template below ``templates/`` and a JSON-safe mapping. Out: the bytes of a tagged PDF
(PDF/UA-1) that are the same for the same input. The data reach the template as one JSON string it
parses, never as Typst source, so that no text in them can become a command. Fonts come from this
package and from Typst itself, never from the machine.

>>> from aponia.site.typeset import page_count, typeset
>>> pdf = typeset("note", {"title": "A note", "paper": "a4", "text": "#panic() is only text here."})
>>> pdf[:5], page_count(pdf)
(b'%PDF-', 1)

A new document is a new file ``templates/NAME.typ`` that begins like ``note.typ``: it imports
``common.typ`` (data, fonts, colours that survive a black and white printer, marks) and wraps
its content in ``sheet``.
"""

from aponia.site.typeset.typeset import PAPERS, TypesetError, page_count, qr_svg, typeset

__all__ = ["PAPERS", "TypesetError", "page_count", "qr_svg", "typeset"]
