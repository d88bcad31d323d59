# attack: crash while loading
# load: crashed
import ctypes

ctypes.string_at(0)
