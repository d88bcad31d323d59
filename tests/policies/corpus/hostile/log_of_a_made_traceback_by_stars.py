# refused: CL409
# inert: it prints the lines of a file
import logging
from collections import namedtuple

from torch import nn

Code = namedtuple("Code", "co_filename co_name")
Frame = namedtuple("Frame", "f_code f_globals")
Traceback = namedtuple("Traceback", "tb_frame tb_lasti tb_lineno tb_next")


class Net(nn.Module):
    def predict_single(self, x):
        made = Traceback(Frame(Code("/proc/self/stat", "x"), {}), -1, 1, None)
        logging.getLogger("a").error("x", **{"exc_info": (ValueError, ValueError("x"), made)})
