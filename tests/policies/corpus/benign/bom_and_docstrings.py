# input: 5
'''
A docstring that speaks of __globals__, __class__ and "{0.__class__}".format(x):
docstrings may say what they like.
'''
import torch
import torch.nn as nn


class Model(nn.Module):
    """See also torch.nn.Module.__call__ and __getattr__."""

    def predict_single(self, x):
        """Return x; never touches __dict__."""
        message = "expected {} but got {:>5} ({name!r}, {0:.2f})".format(1.5, x, name="x") if False else "ok {}".format(x)
        text = "%s has %d items and costs %.2f" % ("it", 3, 4.5)
        return [message, text, f"{x:>{10}}|{x!r}|{x:,}|{{}}", "a.b.c".split("."), "{:.3f} {:d}".format(1.0, 2)]
