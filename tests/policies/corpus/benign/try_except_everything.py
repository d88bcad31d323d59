# input: "12,x,7"
import json
import warnings

import torch
from torch import nn

try:
    import numpy as np
except ImportError:  # pragma: no cover
    np = None


class Parser(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(1))

    def parse(self, text):
        values, errors = [], []
        for part in text.split(","):
            try:
                value = int(part)
            except (ValueError, TypeError) as e:
                errors.append(str(e))
                warnings.warn(f"bad value {part!r}: {e.args[0]}")
            except Exception:
                raise
            else:
                values.append(value)
            finally:
                part = None
        return values, errors

    def predict_single(self, x):
        values, errors = self.parse(x)
        if np is not None:
            values = np.asarray(values).tolist()
        try:
            json.loads("{")
        except json.JSONDecodeError as err:
            errors.append(f"{err.msg} at {err.pos}")
        try:
            self.missing
        except AttributeError as exc:
            errors += [type(exc).__name__]
        return {"sum": float((self.w * sum(values)).item()), "errors": errors}
