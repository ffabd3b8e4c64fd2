"""The API: the evidence as JSON and CSV under ``/api/v1``, the checker and pooling as calls.

In: GET requests with filters, or a text or table to compute with. Out: JSON with sources, certainty and
the standing notice, CSV of any list, problem details (RFC 9457) for every error. What it reads is in
`aponia.site.reading`, which the assistants' server shares.

- `reading`: questions, answers, studies, trials, facts, map, vocabulary, trace
- `costly`: the claims of a text, pooling
- `replies`: form by what is accepted, ETag, pages with links
- `models`, `shapes`: what OpenAPI tells
- `crossing`: CORS; `describing`: OpenAPI as a whole and the page ``/api/``
"""

from aponia.site.app.api.describing import install

__all__ = ["install"]
