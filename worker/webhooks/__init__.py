"""Telling a tenant's endpoint how a job ended: signed, retried, and never to an address it may not reach."""
