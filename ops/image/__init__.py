"""The image of the services: one for API, worker and courier."""
