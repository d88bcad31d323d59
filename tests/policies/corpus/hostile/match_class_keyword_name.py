# refused: CL702
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        match (n for n in ()):
            case object(gi_frame=frame):
                match frame:
                    case object(f_globals=g):
                        return g["torch"].os.getpid()
