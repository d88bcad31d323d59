-- The results of the lines from `first` up to `last` are in the blob store: note where, and forget their jobs. Lines that
-- never became jobs have ended here, `unrun` of them, as `how`. With the last line the batch ends: then `entry` is what
-- the couriers are to tell, if anybody listens. Returns 0, changing nothing, when the batch was taken away or this was done before.
local id, fence, first, last = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local name, size, how, unrun, at, entry = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9], ARGV[10]
local key = 'batch:' .. id
local batch = redis.call('HMGET', key, 't', 'f', 'done', 's', 'keep', 'total', 'next', 'hook')
local tenant = batch[1]
if batch[2] ~= fence or tonumber(batch[3]) ~= first then return 0 end
local now = now_ms()

for i = 11, #ARGV do
  local job = redis.call('HMGET', 'job:' .. ARGV[i], 's', 'ok', 'f', 'kb')
  if job[1] and not NEXT[job[1]] then
    redis.call('DEL', 'job:' .. ARGV[i], 'out:' .. ARGV[i], 'printed:' .. ARGV[i])
    redis.call('ZREM', 'jobs:' .. tenant, ARGV[i])
    redis.call('ZREM', 'ended', tenant .. ' ' .. ARGV[i] .. ' ' .. (job[4] or '0'))
    bump('load:' .. tenant, 'kept', -tonumber(job[4] or '0'))
    if job[1] == 'succeeded' and string.find(job[2], '@', 1, true) then doom(ARGV[i] .. '.out-' .. job[3], now) end
  end
end
redis.call('RPUSH', key .. ':results', name .. ' ' .. first .. ' ' .. last .. ' ' .. size)
redis.call('HSET', key, 'done', last, 'next', math.max(last, tonumber(batch[7])))
if unrun > 0 then
  redis.call('HINCRBY', key, how, unrun)
  redis.call('HSET', key, 'at', at)
end
local kept = redis.call('HINCRBY', key, 'kept', size)
bump('load:' .. tenant, 'kept', tonumber(size))
if last < tonumber(batch[6]) then return 1 end

local over = now + tonumber(batch[5]) * 1000
redis.call('HSET', key, 's', batch[4] == 'canceling' and 'canceled' or 'completed', 'e', now, 'wf', '')
redis.call('ZREM', 'batches:open', id)
bump('load:' .. tenant, 'batches', -1)
doom(id .. '.lines', now)
for _, segment in ipairs(redis.call('LRANGE', key .. ':results', 0, -1)) do doom(string.match(segment, '^%S+'), over) end
redis.call('PEXPIREAT', key, over)
redis.call('PEXPIREAT', key .. ':results', over)
redis.call('ZADD', 'ended', over, tenant .. ' ' .. id .. ' ' .. kept)
if entry ~= '' and (batch[8] ~= '' or listens(tenant, 'batch')) then redis.call('RPUSH', 'webhooks:due', entry) end
return 1
