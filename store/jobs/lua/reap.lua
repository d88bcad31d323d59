-- Give back what dead workers held, expire what is too late, find turns that never began, forget old jobs.
-- Any worker may run it at any time. Returns {taken back, expired, {turns for RQ: version, token, ...}}
local dead_after_ms, max_attempts, rq_queue, also = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local now = now_ms()
local turns, taken, expired = {}, 0, 0

local function add(list)
  for _, part in ipairs(list) do turns[#turns + 1] = part end
end

local dead = redis.call('ZRANGEBYSCORE', 'workers', '-inf', now - dead_after_ms)
if also ~= '' then dead[#dead + 1] = also end  -- a worker that says goodbye
for _, worker in ipairs(dead) do
  for _, id in ipairs(redis.call('SMEMBERS', 'claims:' .. worker)) do
    local job = redis.call('HMGET', 'job:' .. id, 's', 'w', 'a')
    if job[1] == 'running' and job[2] == worker then
      taken = taken + 1
      if tonumber(job[3]) >= max_attempts then
        fail_platform(id, 'The worker running this job died, ' .. job[3] .. ' times in a row.', now)
      else
        hand_back(id, false)
      end
    end
  end
  for _, token in ipairs(redis.call('SMEMBERS', 'tokens:' .. worker)) do add(drop_turn(token, now)) end
  redis.call('DEL', 'claims:' .. worker, 'tokens:' .. worker)
  redis.call('ZREM', 'workers', worker)
  redis.call('HDEL', 'faults', worker)
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'deadlines', '-inf', now, 'LIMIT', 0, 1000)) do
  if redis.call('HGET', 'job:' .. id, 's') == 'queued' then
    expired = expired + 1
    finish(id, 'queued', 'expired', '', now)
  end
  redis.call('ZREM', 'deadlines', id)
end

-- A turn waits in RQ as long as workers are busy; with RQ's queue empty, or after a minute, it is lost.
local patience = redis.call('LLEN', rq_queue) == 0 and 2000 or 60000
for _, token in ipairs(redis.call('ZRANGEBYSCORE', 'turns:issued', '-inf', now - patience, 'LIMIT', 0, 100)) do
  local version = redis.call('HGET', 'turn:' .. token, 'v')
  if version then
    redis.call('ZADD', 'turns:issued', now, token)
    add({ version, token })
  else
    redis.call('ZREM', 'turns:issued', token)
  end
end

for _, member in ipairs(redis.call('ZRANGEBYSCORE', 'ended', '-inf', now, 'LIMIT', 0, 1000)) do
  local tenant, id = string.match(member, '^(%S+) (%S+)$')
  redis.call('ZREM', 'jobs:' .. tenant, id)
  redis.call('ZREM', 'ended', member)
end
return { taken, expired, turns }
