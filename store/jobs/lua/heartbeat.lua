-- A worker says it lives, and what ails it. Returns 0 when it was declared dead meanwhile (or never registered):
-- its claims were given to others.
local worker, fault = ARGV[1], ARGV[2]
local known = redis.call('ZSCORE', 'workers', worker)
redis.call('ZADD', 'workers', now_ms(), worker)
if fault == '' then redis.call('HDEL', 'faults', worker) else redis.call('HSET', 'faults', worker, fault) end
return known and 1 or 0
