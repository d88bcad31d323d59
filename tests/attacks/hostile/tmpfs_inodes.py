# attack: use up a file system's inodes with empty files
# expect: succeeded
# output: true
# gvisor: {"expect": ["succeeded", "timed_out"], "output": null}
# gvisor_why: its tmpfs counts bytes only; a hundred thousand empty files are the sandbox's own memory and its own time
import torch


class Model(torch.nn.Module):
    def predict_single(self, x):
        try:
            for number in range(100_000):
                open(f"/tmp/{number}", "w").close()
        except OSError:
            return number < 5_000
