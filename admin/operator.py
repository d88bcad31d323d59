"""Who sits at this command line."""

from __future__ import annotations

import os
import pwd


def operator() -> str:
    """The process's user as the system knows it, and whom sudo says it was before; for the record."""
    user = _name(os.getuid())
    invoker = os.environ.get("SUDO_USER", "")
    return f"{user} (sudo by {invoker})" if user == "root" and invoker else user


def _name(uid: int) -> str:
    try:
        # Not getpass.getuser(): that believes the environment, which anybody sets.
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"  # containers run under numbers without a name
