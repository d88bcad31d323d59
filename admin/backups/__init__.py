"""Copies of what an installation keeps: of the jobs, the catalogue, the blobs."""
