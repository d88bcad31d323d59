-- Take batches that nobody holds, or whose holder fell silent. Each taking raises the batch's fence: whatever the one
-- before still does is refused. Returns {id, fence, ...}
local room, lease_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
local now, taken = now_ms(), {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'batches:open', '-inf', now, 'LIMIT', 0, room)) do
  redis.call('ZADD', 'batches:open', now + lease_ms, id)
  taken[#taken + 1] = id
  taken[#taken + 1] = redis.call('HINCRBY', 'batch:' .. id, 'f', 1)
end
return taken
