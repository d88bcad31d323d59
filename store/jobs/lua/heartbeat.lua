-- A worker says it lives, what ails it, which GPUs it owns (none: it serves versions that ask for none), and which job
-- it runs ("" and any fence: none).
-- Returns {0 when it was declared dead meanwhile, or never registered: its claims were given to others,
--          0 when that job is not its to run any more: canceled, ended or given away, and it did not hear of it}
local worker, fault, devices, id, fence = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local known = redis.call('ZSCORE', 'workers', worker)
redis.call('ZADD', 'workers', now_ms(), worker)
if devices ~= '' then
  redis.call('ZADD', 'workers:gpu', now_ms(), worker)
  redis.call('HSET', 'devices', worker, devices)
end
if fault == '' then redis.call('HDEL', 'faults', worker) else redis.call('HSET', 'faults', worker, fault) end
local held = true
if id ~= '' then
  local job = redis.call('HMGET', 'job:' .. id, 's', 'w', 'f')
  held = job[1] == 'running' and job[2] == worker and job[3] == fence
end
return { known and 1 or 0, held and 1 or 0 }
