# attack: never finish loading
# load: timed_out
while True:
    pass
