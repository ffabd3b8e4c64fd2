"""Run the server by hand: ``python -m tests.literature.protocol_server [PORT]``."""

from __future__ import annotations

import sys
import time

from .server import ProtocolServer
from .services import SERVICES

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    with ProtocolServer(port=port) as server:
        print(f"The sources {', '.join(SERVICES)} answer at {server.address}.")
        print(f"In another terminal: export APONIA_SOURCES_BASE={server.address}")
        print(
            "then, for instance: aponia literature fetch pubmed --query 'psilocybin AND pain'",
            flush=True,
        )
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            print("Stopped.")
