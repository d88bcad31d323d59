-- Begin a turn that RQ handed to a worker. Returns {version, tenant}, or {} when the turn is over, unknown or
-- somebody else's: a doubled or late RQ job is harmless. The worker it belongs to may ask again: the first
-- answer may have been lost on the way.
local token, worker = ARGV[1], ARGV[2]
local turn = redis.call('HMGET', 'turn:' .. token, 'v', 't', 'w')
if not turn[1] or (turn[3] and turn[3] ~= worker) then return {} end
start_turn(token, worker, now_ms())
return { turn[1], turn[2] }
