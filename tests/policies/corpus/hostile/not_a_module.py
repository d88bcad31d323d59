# refused: CL102
# inert: it is no module


class Net:
    def predict_single(self, x):
        return 0
