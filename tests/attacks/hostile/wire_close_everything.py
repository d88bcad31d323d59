# attack: close every descriptor
# expect: ["protocol_violation", "crashed"]
import os
import time

import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        os.closerange(0, 1024)
        time.sleep(60)
