# input: "the wall street journal"
# Author: Robert Guthrie style
import torch
import torch.autograd as autograd
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(1)
START_TAG = "<START>"
STOP_TAG = "<STOP>"
tag_to_ix = {"B": 0, "I": 1, "O": 2, START_TAG: 3, STOP_TAG: 4}
word_to_ix = {w: i for i, w in enumerate("the wall street journal reported today".split())}


def argmax(vec):
    _, idx = torch.max(vec, 1)
    return idx.item()


def log_sum_exp(vec):
    max_score = vec[0, argmax(vec)]
    return max_score + torch.log(torch.sum(torch.exp(vec - max_score.view(1, -1).expand(1, vec.size()[1]))))


class BiLSTM_CRF(nn.Module):
    def __init__(self, vocab_size=len(word_to_ix), tag_to_ix=tag_to_ix, embedding_dim=5, hidden_dim=4):
        super(BiLSTM_CRF, self).__init__()
        self.hidden_dim = hidden_dim
        self.tag_to_ix = tag_to_ix
        self.tagset_size = len(tag_to_ix)
        self.word_embeds = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim // 2, num_layers=1, bidirectional=True)
        self.hidden2tag = nn.Linear(hidden_dim, self.tagset_size)
        self.transitions = nn.Parameter(torch.randn(self.tagset_size, self.tagset_size))
        self.transitions.data[tag_to_ix[START_TAG], :] = -10000
        self.transitions.data[:, tag_to_ix[STOP_TAG]] = -10000

    def _forward_alg(self, feats):
        init_alphas = torch.full((1, self.tagset_size), -10000.0)
        init_alphas[0][self.tag_to_ix[START_TAG]] = 0.0
        forward_var = init_alphas
        for feat in feats:
            alphas_t = []
            for next_tag in range(self.tagset_size):
                emit_score = feat[next_tag].view(1, -1).expand(1, self.tagset_size)
                alphas_t.append(log_sum_exp(forward_var + self.transitions[next_tag].view(1, -1) + emit_score).view(1))
            forward_var = torch.cat(alphas_t).view(1, -1)
        return log_sum_exp(forward_var + self.transitions[self.tag_to_ix[STOP_TAG]])

    def predict_single(self, x):
        idxs = torch.tensor([word_to_ix[w] for w in x.split() if w in word_to_ix], dtype=torch.long)
        lstm_out, _ = self.lstm(self.word_embeds(idxs).view(len(idxs), 1, -1))
        feats = self.hidden2tag(lstm_out.view(len(idxs), self.hidden_dim))
        backpointers, forward_var = [], torch.full((1, self.tagset_size), -10000.0)
        forward_var[0][self.tag_to_ix[START_TAG]] = 0
        for feat in feats:
            scores = forward_var + self.transitions
            best, ids = scores.max(1)
            forward_var = (best + feat).view(1, -1)
            backpointers.append(ids.tolist())
        tag = argmax(forward_var + self.transitions[self.tag_to_ix[STOP_TAG]])
        path = [tag]
        for ids in reversed(backpointers):
            path.append(ids[path[-1]])
        path.pop()
        names = {v: k for k, v in self.tag_to_ix.items()}
        return {"tags": [names[t] for t in path[::-1]], "log_z": float(self._forward_alg(feats))}
