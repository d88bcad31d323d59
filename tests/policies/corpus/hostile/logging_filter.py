# refused: CL504
# inert: it hands out records
import torch
from torch import nn
import logging


class Net(nn.Module):
    def predict_single(self, x):
        logging.getLogger().addFilter(lambda record: record)
