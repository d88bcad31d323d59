-- Begin a turn that RQ handed to a worker. Returns {version, tenant}, or {} when the turn is over, unknown or
-- somebody else's: a doubled or late RQ job is harmless.
local token, worker = ARGV[1], ARGV[2]
local turn = redis.call('HMGET', 'turn:' .. token, 'v', 't', 'w')
if not turn[1] or turn[3] then return {} end
redis.call('HSET', 'turn:' .. token, 'w', worker)
redis.call('ZREM', 'turns:issued', token)
redis.call('SADD', 'tokens:' .. worker, token)
return { turn[1], turn[2] }
