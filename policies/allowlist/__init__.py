"""Which dotted paths a model may use. Default deny: what is not listed is refused."""
