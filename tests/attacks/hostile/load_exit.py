# attack: end the runner while it loads
# load: load_error
import sys

sys.exit(0)
