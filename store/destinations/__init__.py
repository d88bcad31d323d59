"""Where a webhook may go: judged when a tenant registers a URL, and again before each attempt, by the same code."""
