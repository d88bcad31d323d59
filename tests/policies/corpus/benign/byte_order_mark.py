# input: [0.0, 1.0]
import torch


class Net(torch.nn.Module):
    def __init__(self, D_in=2, H=4, D_out=1):
        super(Net, self).__init__()
        self.linear1 = torch.nn.Linear(D_in, H)
        self.linear2 = torch.nn.Linear(H, D_out)

    def forward(self, x):
        h_relu = self.linear1(x).clamp(min=0)
        y_pred = self.linear2(h_relu)
        return y_pred

    def predict_single(self, x):
        y = self.forward(torch.Tensor(x))
        return y.data.numpy().tolist()
