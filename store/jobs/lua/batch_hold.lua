-- Hold a batch for longer, or with a lease of 0 let it go; and say what it waits for. Returns 0 when it was taken away.
local id, fence, lease_ms, waits_for = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if redis.call('HGET', 'batch:' .. id, 'f') ~= fence then return 0 end
redis.call('ZADD', 'batches:open', 'XX', lease_ms > 0 and now_ms() + lease_ms or 0, id)
redis.call('HSET', 'batch:' .. id, 'wf', waits_for)
return 1
