"""Entry point: import torch while nobody waits, dial the host, be bound once, answer until the end."""

from __future__ import annotations

import sys

from sandbox.runner import serve

if __name__ == "__main__":
    sys.exit(serve.main())
