# input: "Müller"
# https://pytorch.org/tutorials/intermediate/char_rnn_classification_tutorial
import string
import unicodedata
import torch
import torch.nn as nn

allowed_characters = string.ascii_letters + " .,;'" + "_"
n_letters = len(allowed_characters)
all_categories = ["English", "German", "French"]


def unicodeToAscii(s):
    return "".join(c for c in unicodedata.normalize("NFD", s) if unicodedata.category(c) != "Mn" and c in allowed_characters)


def letterToIndex(letter):
    if letter not in allowed_characters:
        return allowed_characters.find("_")
    else:
        return allowed_characters.find(letter)


def lineToTensor(line):
    tensor = torch.zeros(len(line), 1, n_letters)
    for li, letter in enumerate(line):
        tensor[li][0][letterToIndex(letter)] = 1
    return tensor


class CharRNN(nn.Module):
    def __init__(self, input_size=n_letters, hidden_size=16, output_size=len(all_categories)):
        super(CharRNN, self).__init__()
        self.rnn = nn.RNN(input_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, line_tensor):
        rnn_out, hidden = self.rnn(line_tensor)
        output = self.h2o(hidden[0])
        output = self.softmax(output)
        return output

    def label_from_output(self, output, output_labels):
        top_n, top_i = output.topk(1)
        label_i = top_i[0].item()
        return output_labels[label_i], label_i

    def predict_single(self, name):
        output = self(lineToTensor(unicodeToAscii(name)))
        topv, topi = output.topk(3, 1, True)
        predictions = []
        for i in range(3):
            value = topv[0][i].item()
            category_index = topi[0][i].item()
            print("(%.2f) %s" % (value, all_categories[category_index]))
            predictions.append([value, all_categories[category_index]])
        return predictions
