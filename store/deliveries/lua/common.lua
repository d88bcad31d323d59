-- Prepended to every script of this folder. Redis runs each script whole, so a script is one transaction.
--
-- Keys (one Redis, never a cluster: names are built here from ids, not passed in)
--   webhooks:due                list  what has to be told, pushed by the script in which it happened: the hand-over.
--                                     due.py reads the entries
--   deliveries:taken:{courier}  list  entries moved from there by one courier, not yet deliveries
--   delivery:{id}               hash  subject (a job's id, mostly), tenant, endpoint (empty: a URL that came with a
--                                     job), url, lane, log, event, body, state (scheduled | sending | delivered |
--                                     gave_up), attempts, base (attempts before it was last asked for again), claim
--                                     (fencing counter), next_attempt_ms, last_attempt_ms, last_status, last_error,
--                                     last_detail, created_ms, ended_ms; expires after its end
--   deliveries:attempts:{id}    list  how each attempt ended, JSON; expires with the delivery
--   deliveries:lane:{lane}      zset  ids waiting in a lane (one tenant, one endpoint or origin) by next_attempt_ms
--   deliveries:scheduled        zset  lanes that have something waiting and room to send it, by their first's time
--   deliveries:busy             hash  lane or tenant -> attempts in flight; no field when 0
--   deliveries:waiting          hash  tenant -> deliveries not ended, {tenant}:bytes -> of their bodies; none when 0
--   deliveries:failing          zset  lanes whose last attempt failed, by its ms; forgotten after a day
--   deliveries:parked:{tenant}  set   lanes passed over because the tenant had no room left
--   deliveries:pressed          set   tenants passed over because few slots of the courier that asked were free
--   deliveries:claims:{courier} set   ids a courier is sending
--   deliveries:couriers         zset  couriers by last heartbeat ms
--   deliveries:log:{log}        zset  "{created ms}:{id}", all of score 0, so in order of birth. {log} is an endpoint,
--                                     or a tenant for the URLs that came with its jobs
--   deliveries:ended:{tenant}   zset  "{log} {created ms}:{id}" of ended deliveries by ended ms: the oldest go first
--   deliveries:health:{endpoint} hash failing_since_ms, failures (since then), last_success_ms, last_failure_ms;
--                                     expires a month after the last attempt
--   deliveries:asked:{tenant}   string  tests and redeliveries asked for in this minute
--   deliveries:stats            hash  planned, delivered, failed (attempts), gave_up: counted for ever

local LANE_ROOM = 16    -- attempts in flight to one endpoint: a slow one can't take every slot
local FAILING_ROOM = 2  -- to one whose last attempt failed: dead ones together take few slots
local TENANT_ROOM = 64  -- and to all endpoints of a tenant: neither can a hundred slow ones
local BACKLOG = 10000              -- deliveries of a tenant that wait: a dead endpoint can't fill Redis
local BACKLOG_BYTES = 67108864     -- and the bytes of their bodies
local BODY_KEPT_BYTES = 4096       -- a longer body goes with the delivery's end; it can be built again from its job
local ATTEMPTS_KEPT = 12           -- of one delivery: a whole schedule and a little more
local SCHEDULE_MS = 432000000      -- longer than any delivery waits: the log of what waits outlives it
local HEALTH_MS = 2592000000       -- what an endpoint did is forgotten after a month without any attempt
local ASKED_A_MINUTE = 60          -- tests and redeliveries of one tenant

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function count(key, name, by)
  if by ~= 0 and redis.call('HINCRBY', key, name, by) <= 0 then redis.call('HDEL', key, name) end
end

local function busy(name)
  return tonumber(redis.call('HGET', 'deliveries:busy', name) or '0')
end

local function count_busy(name, by)
  count('deliveries:busy', name, by)
end

local function count_waiting(tenant, by, bytes)
  count('deliveries:waiting', tenant, by)
  count('deliveries:waiting', tenant .. ':bytes', bytes)
end

-- Whether the tenant may have another delivery of so many bytes waiting.
local function fits(tenant, bytes)
  local held = redis.call('HMGET', 'deliveries:waiting', tenant, tenant .. ':bytes')
  return tonumber(held[1] or '0') < BACKLOG and tonumber(held[2] or '0') + bytes <= BACKLOG_BYTES
end

-- Count a test or a redelivery that a tenant asks for: each is a request to a stranger's host.
local function may_ask(tenant)
  local key = 'deliveries:asked:' .. tenant
  local asked = redis.call('INCR', key)
  if asked == 1 then redis.call('EXPIRE', key, 60) end
  return asked <= ASKED_A_MINUTE
end

local function room_of(lane)
  return redis.call('ZSCORE', 'deliveries:failing', lane) and FAILING_ROOM or LANE_ROOM
end

-- Remember how the last attempt in a lane went.
local function judge(lane, health, now)
  redis.call('ZREMRANGEBYSCORE', 'deliveries:failing', '-inf', now - 86400000)
  if health == 'bad' then redis.call('ZADD', 'deliveries:failing', now, lane) end
  if health == 'good' then redis.call('ZREM', 'deliveries:failing', lane) end
end

-- Put a lane where it belongs: on the schedule, at its first delivery's time, or off it when empty or full.
local function place(lane)
  local first = redis.call('ZRANGE', 'deliveries:lane:' .. lane, 0, 0, 'WITHSCORES')
  if first[2] and busy(lane) < room_of(lane) then
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

-- Write down how an attempt ended.
local function note(id, attempt)
  local key = 'deliveries:attempts:' .. id
  redis.call('RPUSH', key, cjson.encode(attempt))
  redis.call('LTRIM', key, -ATTEMPTS_KEPT, -1)
end

local function place_in_log(created_ms, id)
  return string.format('%013.0f', created_ms) .. ':' .. id
end

local function forget(tenant, member)
  local log, created, id = string.match(member, '^(%S+) (%d+):(%S+)$')
  redis.call('DEL', 'delivery:' .. id, 'deliveries:attempts:' .. id)
  redis.call('ZREM', 'deliveries:log:' .. log, created .. ':' .. id)
  redis.call('ZREM', 'deliveries:ended:' .. tenant, member)
end

-- Give a delivery its end, and let go of the tenant's oldest ones, by age and by number.
local function conclude(id, ending, now, keep_ms, keep_count)
  local key = 'delivery:' .. id
  local d = redis.call('HMGET', key, 'tenant', 'log', 'created_ms')
  local tenant, ended = d[1], 'deliveries:ended:' .. d[1]
  redis.call('HSET', key, 'state', ending, 'ended_ms', now)
  redis.call('HDEL', key, 'next_attempt_ms')
  if redis.call('HSTRLEN', key, 'body') > BODY_KEPT_BYTES then redis.call('HDEL', key, 'body') end
  redis.call('ZADD', ended, now, d[2] .. ' ' .. place_in_log(tonumber(d[3]), id))
  for _, name in ipairs({ key, 'deliveries:attempts:' .. id, ended }) do redis.call('PEXPIRE', name, keep_ms) end
  redis.call('PEXPIRE', 'deliveries:log:' .. d[2], keep_ms + SCHEDULE_MS)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', ended, '-inf', now - keep_ms, 'LIMIT', 0, 100)) do
    forget(tenant, old)
  end
  local over = redis.call('ZCARD', ended) - keep_count
  if over > 0 then
    for _, old in ipairs(redis.call('ZRANGE', ended, 0, math.min(over, 100) - 1)) do forget(tenant, old) end
  end
  redis.call('HINCRBY', 'deliveries:stats', ending, 1)
end

-- Give a courier's work back. Its ids become due at once; whatever it still reports is refused by the claim counter.
local function hand_back(courier, now)
  for _, id in ipairs(redis.call('SMEMBERS', 'deliveries:claims:' .. courier)) do
    local d = redis.call('HMGET', 'delivery:' .. id, 'tenant', 'lane', 'last_attempt_ms')
    if d[1] then
      redis.call('HINCRBY', 'delivery:' .. id, 'claim', 1)
      note(id, { at_ms = tonumber(d[3]), duration_ms = now - tonumber(d[3]), status = 0, error = 'interrupted',
        detail = 'The courier stopped while it was sending; whether this attempt arrived is not known.' })
      release(courier, id, d[1], d[2])
      schedule(id, d[2], now)
    end
  end
  redis.call('DEL', 'deliveries:claims:' .. courier)
  while redis.call('LMOVE', 'deliveries:taken:' .. courier, 'webhooks:due', 'RIGHT', 'LEFT') do end
  redis.call('ZREM', 'deliveries:couriers', courier)
end
