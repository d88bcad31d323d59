-- Say that a courier is alive, and take back the work of those that were silent for too long.
-- Returns the names of the dead.
local courier, dead_after_ms = ARGV[1], tonumber(ARGV[2])
local now = now_ms()
redis.call('ZADD', 'deliveries:couriers', now, courier)
local dead = redis.call('ZRANGEBYSCORE', 'deliveries:couriers', '-inf', now - dead_after_ms)
for _, name in ipairs(dead) do hand_back(name, now) end
return dead
