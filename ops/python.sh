#!/bin/sh
# Prints the path of a Python that can run Cloche (3.11 or newer), or says what to do and fails.
# 3.11 comes first because it is the sandbox image's, and one version everywhere is the best tested.
# Each candidate is run, not only found: a version manager's shim exists for versions that aren't there.
if [ -n "${PYTHON:-}" ]; then candidates="$PYTHON"; else
    candidates="python3.11 python3.12 python3.13 python3 /usr/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3.13 /usr/bin/python3"
fi
for candidate in $candidates; do
    found=$("$candidate" -c 'import sys; print(sys.executable) if sys.version_info >= (3, 11) else None' 2>/dev/null) || continue
    [ -n "$found" ] && { echo "$found"; exit 0; }
done
echo "cloche: No Python 3.11 or newer was found. Install one (on Debian or Ubuntu: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3." >&2
exit 1
