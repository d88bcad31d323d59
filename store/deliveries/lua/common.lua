-- Prepended to every script of this folder. Redis runs each script whole, so a script is one transaction.
--
-- Keys (one Redis, never a cluster: names are built here from ids, not passed in)
--   webhooks:due                list  job ids, pushed by the script that ends a job with a webhook: the hand-over
--   deliveries:taken:{courier}  list  job ids moved from there by one courier, not yet deliveries
--   delivery:{id}               hash  job, tenant, url, lane, event, body, state (scheduled | sending | delivered |
--                                     gave_up), attempts, claim (fencing counter), next_attempt_ms, last_attempt_ms,
--                                     last_status, last_error, last_detail, created_ms, ended_ms; expires after its end
--   deliveries:lane:{lane}      zset  ids waiting in a lane (one tenant, one endpoint) by next_attempt_ms
--   deliveries:scheduled        zset  lanes that have something waiting and room to send it, by their first's time
--   deliveries:busy             hash  lane or tenant -> attempts in flight; no field when 0
--   deliveries:parked:{tenant}  set   lanes passed over because the tenant had no room left
--   deliveries:claims:{courier} set   ids a courier is sending
--   deliveries:couriers         zset  couriers by last heartbeat ms
--   deliveries:stats            hash  planned, delivered, failed (attempts), gave_up: counted for ever

local LANE_ROOM = 16    -- attempts in flight to one endpoint: a slow one can't take every slot
local TENANT_ROOM = 64  -- and to all endpoints of a tenant: neither can a hundred slow ones

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function busy(name)
  return tonumber(redis.call('HGET', 'deliveries:busy', name) or '0')
end

local function count_busy(name, by)
  if redis.call('HINCRBY', 'deliveries:busy', name, by) <= 0 then redis.call('HDEL', 'deliveries:busy', name) end
end

-- Put a lane where it belongs: on the schedule, at its first delivery's time, or off it when empty or full.
local function place(lane)
  local first = redis.call('ZRANGE', 'deliveries:lane:' .. lane, 0, 0, 'WITHSCORES')
  if first[2] and busy(lane) < LANE_ROOM then
    redis.call('ZADD', 'deliveries:scheduled', first[2], lane)
  else
    redis.call('ZREM', 'deliveries:scheduled', lane)
  end
end

local function schedule(id, lane, at_ms)
  redis.call('HSET', 'delivery:' .. id, 'state', 'scheduled', 'next_attempt_ms', at_ms)
  redis.call('ZADD', 'deliveries:lane:' .. lane, at_ms, id)
  place(lane)
end

-- Put a passed-over lane of the tenant back on the schedule: one that has something due, so that an attempt, and
-- with it the next call of this, is certain to follow.
local function unpark(tenant)
  local now = now_ms()
  while true do
    local lane = redis.call('SPOP', 'deliveries:parked:' .. tenant)
    if not lane then return end
    place(lane)
    if redis.call('ZCOUNT', 'deliveries:lane:' .. lane, '-inf', now) > 0 then return end
  end
end

-- Take back the room an attempt had.
local function release(courier, id, tenant, lane)
  if redis.call('SREM', 'deliveries:claims:' .. courier, id) == 0 then return end
  count_busy(lane, -1)
  count_busy(tenant, -1)
  place(lane)
  unpark(tenant)
end

-- Give a courier's work back. Its ids become due at once; whatever it still reports is refused by the claim counter.
local function hand_back(courier, now)
  for _, id in ipairs(redis.call('SMEMBERS', 'deliveries:claims:' .. courier)) do
    local d = redis.call('HMGET', 'delivery:' .. id, 'tenant', 'lane')
    if d[1] then
      redis.call('HINCRBY', 'delivery:' .. id, 'claim', 1)
      release(courier, id, d[1], d[2])
      schedule(id, d[2], now)
    end
  end
  redis.call('DEL', 'deliveries:claims:' .. courier)
  while redis.call('LMOVE', 'deliveries:taken:' .. courier, 'webhooks:due', 'RIGHT', 'LEFT') do end
  redis.call('ZREM', 'deliveries:couriers', courier)
end
