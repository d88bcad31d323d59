# attack: hang up while loading
# load: ["protocol_violation", "crashed"]
import os
import time

os.closerange(0, 1024)
time.sleep(60)
