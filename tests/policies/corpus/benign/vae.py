# input: [0.5] * 16
import torch
from torch import Tensor, nn
from torch.nn import functional as F


class VAE(nn.Module):
    def __init__(self, in_dim=16, latent_dim=4, hidden_dims=None, **kwargs) -> None:
        super(VAE, self).__init__()
        self.latent_dim = latent_dim
        modules = []
        if hidden_dims is None:
            hidden_dims = [32, 16]
        d = in_dim
        for h_dim in hidden_dims:
            modules.append(nn.Sequential(nn.Linear(d, h_dim), nn.LeakyReLU()))
            d = h_dim
        self.encoder = nn.Sequential(*modules)
        self.fc_mu = nn.Linear(hidden_dims[-1], latent_dim)
        self.fc_var = nn.Linear(hidden_dims[-1], latent_dim)
        hidden_dims.reverse()
        self.decoder_input = nn.Linear(latent_dim, hidden_dims[0])
        self.decoder = nn.Sequential(nn.Linear(hidden_dims[0], in_dim), nn.Tanh())

    def encode(self, input: Tensor) -> list:
        result = self.encoder(input)
        return [self.fc_mu(result), self.fc_var(result)]

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(self.decoder_input(z))

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return eps * std + mu

    def forward(self, input: Tensor, **kwargs) -> list:
        mu, log_var = self.encode(input)
        z = self.reparameterize(mu, log_var)
        return [self.decode(z), input, mu, log_var]

    def loss_function(self, *args, **kwargs) -> dict:
        recons, input, mu, log_var = args[0], args[1], args[2], args[3]
        kld_weight = kwargs["M_N"]
        recons_loss = F.mse_loss(recons, input)
        kld_loss = torch.mean(-0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp(), dim=1), dim=0)
        return {"loss": recons_loss + kld_weight * kld_loss, "Reconstruction_Loss": recons_loss.detach(), "KLD": -kld_loss.detach()}

    def sample(self, num_samples: int, **kwargs) -> Tensor:
        return self.decode(torch.randn(num_samples, self.latent_dim))

    def predict_single(self, x):
        return self.forward(torch.tensor(x)[None])[0].tolist()
