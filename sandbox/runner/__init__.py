"""The program inside the container: standard library, torch, safetensors and numpy only.

The host imports nothing of it but ``sandbox.runner.frames``, the one definition of the wire.
"""
