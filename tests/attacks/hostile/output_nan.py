# attack: return NaN, which half of all parsers refuse
# expect: output_not_serialisable
# message: NaN
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        return {"score": torch.tensor([1.0, float("nan")])}
