# input: {"prompt": "the ", "length": 12, "temperature": 0.8, "seed": 3}
import random
import string

import torch
import torch.nn as nn

all_characters = string.printable
n_characters = len(all_characters)


class CharRNN(nn.Module):
    def __init__(self, input_size=n_characters, hidden_size=24, output_size=n_characters, model="gru", n_layers=2):
        super(CharRNN, self).__init__()
        self.model = model.lower()
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.encoder = nn.Embedding(input_size, hidden_size)
        if self.model == "gru":
            self.rnn = nn.GRU(hidden_size, hidden_size, n_layers)
        elif self.model == "lstm":
            self.rnn = nn.LSTM(hidden_size, hidden_size, n_layers)
        else:
            raise ValueError("unknown model: %s" % model)
        self.decoder = nn.Linear(hidden_size, output_size)

    def forward(self, input, hidden):
        batch_size = input.size(0)
        encoded = self.encoder(input)
        output, hidden = self.rnn(encoded.view(1, batch_size, -1), hidden)
        output = self.decoder(output.view(batch_size, -1))
        return output, hidden

    def init_hidden(self, batch_size):
        zeros = torch.zeros(self.n_layers, batch_size, self.hidden_size)
        if self.model == "lstm":
            return (zeros, zeros.clone())
        return zeros

    def char_tensor(self, text):
        tensor = torch.zeros(len(text)).long()
        for c in range(len(text)):
            try:
                tensor[c] = all_characters.index(text[c])
            except ValueError:
                continue
        return tensor

    def predict_single(self, x):
        torch.manual_seed(x.get("seed", 0))
        random.seed(x.get("seed", 0))
        hidden = self.init_hidden(1)
        prime = self.char_tensor(x["prompt"]).unsqueeze(0)
        predicted = x["prompt"]
        for p in range(len(x["prompt"]) - 1):
            _, hidden = self(prime[:, p], hidden)
        inp = prime[:, -1]
        for _ in range(x.get("length", 10)):
            output, hidden = self(inp, hidden)
            dist = output.data.view(-1).div(x["temperature"]).exp()
            top_i = torch.multinomial(dist, 1)[0]
            char = all_characters[top_i]
            predicted += char
            inp = self.char_tensor(char)
        return predicted
