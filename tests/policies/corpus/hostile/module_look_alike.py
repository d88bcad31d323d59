# refused: CL102
# inert: it is no module
class nn:
    class Module:
        pass


class Net(nn.Module):
    def predict_single(self, x):
        return 0
