"""Large inputs and outputs: in the blob store under their job's name, for as long as the job needs them."""

from store.payloads.doomed import Doomed
from store.payloads.names import Stored, input_name, mark, output_name, read_mark
from store.payloads.payloads import Payloads

__all__ = ["Doomed", "Payloads", "Stored", "input_name", "mark", "output_name", "read_mark"]
