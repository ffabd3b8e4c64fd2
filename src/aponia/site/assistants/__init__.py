"""The evidence for assistants: a server of the Model Context Protocol.

In: calls of a client over standard input, each a question about research. Out: the same readings as the
API (`aponia.site.reading`), made short, each with sources, certainty and the standing notice. Nothing is
written, nothing is fetched from elsewhere, doses are refused and appear only as what a study gave.

- `server`: the tools and resources
- `replies`: what of a long record an assistant needs, and how doses are told
"""

from aponia.site.assistants.server import make_server

__all__ = ["make_server"]
