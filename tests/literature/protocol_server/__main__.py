"""Run the server by hand: ``python -m tests.literature.protocol_server [PORT]``."""

from __future__ import annotations

import sys
import time

from aponia import evidence

from .server import ProtocolServer
from .services import SERVICES, Settings, registered_study

#: What is made up of every so manieth trial of the base, so that a watch has something to find.
_MADE_UP = (
    {}, {"status": "COMPLETED"}, {}, {"enrolled": 31, "kind": "ACTUAL"}, {},
    {"status": "COMPLETED", "ended": True, "primary": "2024-02-28", "completion": "2024-06-30"}, {"results": True},
)  # fmt: skip


def trials_of_the_base() -> Settings:
    """The base's trials of ClinicalTrials.gov as the base has them, some of them changed by invention."""
    held = {}
    numbers = [t for t in evidence.load().trials.values() if t.id.startswith("NCT")]
    for k, t in enumerate(numbers):
        said = {
            "title": t.title, "status": (t.status or "Unknown").upper().replace(", ", "_").replace(" ", "_"),
            "phase": (t.phase or "Phase 2").split("/")[0].upper().replace(" ", ""), "enrolled": t.enrollment or 0,
            "start": t.start, "completion": t.completion, "results": bool(t.results_posted),
        }  # fmt: skip
        held[t.id] = registered_study(t.id, **(said | _MADE_UP[k % len(_MADE_UP)]))  # type: ignore[arg-type]
    return Settings(registered=held)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    with ProtocolServer(port=port, settings=trials_of_the_base()) as server:
        print(f"The sources {', '.join(SERVICES)} answer at {server.address}.")
        print(f"In another terminal: export APONIA_SOURCES_BASE={server.address}")
        print("The base's trials are there by number, some of them changed by invention.")
        print(
            "then, for instance: aponia literature fetch pubmed --query 'psilocybin AND pain'",
            flush=True,
        )
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            print("Stopped.")
