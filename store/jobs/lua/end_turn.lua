-- End a turn: the version goes to the back of its tenant's line if it still has work. Returns turns for RQ.
return drop_turn(ARGV[1], now_ms())
