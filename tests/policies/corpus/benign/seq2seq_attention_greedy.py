# input: "un chat"
import torch
import torch.nn as nn
import torch.nn.functional as F
import unicodedata
import re

SOS_token, EOS_token = 0, 1
MAX_LENGTH = 10
WORDS = {"fr": ["SOS", "EOS", "un", "chat", "chien", "le"], "en": ["SOS", "EOS", "a", "cat", "dog", "the"]}


def unicodeToAscii(s):
    return "".join(c for c in unicodedata.normalize("NFD", s) if unicodedata.category(c) != "Mn")


def normalizeString(s):
    s = unicodeToAscii(s.lower().strip())
    s = re.sub(r"([.!?])", r" \1", s)
    return re.sub(r"[^a-zA-Z!?]+", r" ", s).strip()


class Seq2Seq(nn.Module):
    def __init__(self, hidden_size=16, dropout_p=0.1):
        super(Seq2Seq, self).__init__()
        self.word2index = {lang: {w: i for i, w in enumerate(words)} for lang, words in WORDS.items()}
        self.index2word = {lang: dict(enumerate(words)) for lang, words in WORDS.items()}
        self.src = nn.Embedding(len(WORDS["fr"]), hidden_size)
        self.tgt = nn.Embedding(len(WORDS["en"]), hidden_size)
        self.encoder = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.Wa, self.Ua, self.Va = nn.Linear(hidden_size, hidden_size), nn.Linear(hidden_size, hidden_size), nn.Linear(hidden_size, 1)
        self.decoder = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, len(WORDS["en"]))
        self.dropout = nn.Dropout(dropout_p)

    def attend(self, query, keys):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys))).squeeze(2).unsqueeze(1)
        weights = F.softmax(scores, dim=-1)
        return torch.bmm(weights, keys), weights

    @torch.no_grad()
    def predict_single(self, x):
        words = [w for w in normalizeString(x).split(" ") if w in self.word2index["fr"]]
        ids = torch.tensor([[self.word2index["fr"][w] for w in words] + [EOS_token]])
        encoder_outputs, hidden = self.encoder(self.dropout(self.src(ids)))
        token, decoded, maps = torch.tensor([[SOS_token]]), [], []
        for _ in range(MAX_LENGTH):
            context, weights = self.attend(hidden.permute(1, 0, 2), encoder_outputs)
            output, hidden = self.decoder(torch.cat((self.tgt(token), context), dim=2), hidden)
            _, topi = self.out(output).topk(1)
            token = topi.squeeze(-1).detach()
            maps.append(weights[0, 0].tolist())
            if token.item() == EOS_token:
                decoded.append("<EOS>")
                break
            decoded.append(self.index2word["en"][token.item()])
        return {"text": " ".join(decoded), "attention": maps}
