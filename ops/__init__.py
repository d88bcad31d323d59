"""Sets up, starts and stops Cloche on one machine. ``make help`` lists what it does."""
