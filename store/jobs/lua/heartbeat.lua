-- A worker says it lives, what ails it, and which GPUs it owns (none: it serves versions that ask for none). Returns 0 when it was declared dead meanwhile (or never registered):
-- its claims were given to others.
local worker, fault, devices = ARGV[1], ARGV[2], ARGV[3]
local known = redis.call('ZSCORE', 'workers', worker)
redis.call('ZADD', 'workers', now_ms(), worker)
if devices ~= '' then
  redis.call('ZADD', 'workers:gpu', now_ms(), worker)
  redis.call('HSET', 'devices', worker, devices)
end
if fault == '' then redis.call('HDEL', 'faults', worker) else redis.call('HSET', 'faults', worker, fault) end
return known and 1 or 0
