# input: "hello"
import string

import torch
import torch.nn as nn

all_letters = string.ascii_letters + " .,;'-"
n_letters = len(all_letters)
stoi = {ch: i for i, ch in enumerate(all_letters)}
itos = {i: ch for ch, i in stoi.items()}
encode = lambda s: [stoi[c] for c in s if c in stoi]
decode = lambda l: "".join([itos[i] for i in l])


def letterToTensor(letter):
    tensor = torch.zeros(1, n_letters)
    tensor[0][all_letters.find(letter)] = 1
    return tensor


class RNN(nn.Module):
    def __init__(self, input_size=n_letters, hidden_size=16, output_size=n_letters):
        super(RNN, self).__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.i2o = nn.Linear(input_size + hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, input, hidden):
        combined = torch.cat((input, hidden), 1)
        hidden = self.i2h(combined)
        output = self.i2o(combined)
        output = self.softmax(output)
        return output, hidden

    def initHidden(self):
        return torch.zeros(1, self.hidden_size)

    def predict_single(self, x, max_length=5):
        hidden = self.initHidden()
        out = list(encode(x))
        for ch in x:
            output, hidden = self(letterToTensor(ch), hidden)
        for i in range(max_length):
            topv, topi = output.topk(1)
            out.append(topi[0][0].item())
            output, hidden = self(letterToTensor(itos[out[-1]]), hidden)
        return decode(out)
