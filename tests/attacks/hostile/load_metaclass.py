# attack: a class that lies about what it is
# load: load_error


class Meta(type):
    def __subclasscheck__(cls, other):
        return True


class Model(metaclass=Meta):
    def predict_single(self, x):
        return 1
