"""Batches: many inputs handed in together, admitted little by little as ordinary jobs, answered in one file."""
