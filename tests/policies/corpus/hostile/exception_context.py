# refused: CL501
# proof: returns the id of its process
import torch
from torch import nn


class Net(nn.Module):
    def predict_single(self, x):
        try:
            try:
                raise KeyError
            except KeyError:
                raise ValueError
        except ValueError as error:
            return error.__context__.__traceback__.tb_frame.f_globals["torch"].os.getpid()
