# attack: read the host's environment
# expect: succeeded
# output: ["HOME", "HOSTNAME", "LANG", "LC_CTYPE", "MALLOC_ARENA_MAX", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONPATH", "PYTHONUNBUFFERED", "TINI_VERBOSITY"]
import os

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        known = set(os.environ) | {"LC_CTYPE", "GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256"}
        return sorted(known - {"GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256"})
