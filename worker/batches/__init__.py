"""The pump: feeds the lines of batches into the queue, a few at a time, and collects their results."""
