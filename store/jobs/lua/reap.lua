-- Give back what dead workers held, expire and cancel what is too late, find turns that never began, forget old jobs.
-- Any worker may run it at any time. Everything else waits meanwhile, so it does a bounded piece of each: with
-- `left` 1 there is more to do, and it is to be run again.
-- Returns {taken back, expired, {turns for RQ: version, token, ...}, left, {workers found dead}}
local dead_after_ms, deaf_after_ms, max_attempts, also = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local rq_queue, gpu_rq_queue = ARGV[5], ARGV[6]  -- from the seventh on: workers that are known to have ended
local EXPIRE, FORGET, LOOK = 200, 1000, 500
local now = now_ms()
local turns, cut_off, taken, expired, left = {}, {}, 0, 0, 0

local function add(list)
  for _, part in ipairs(list) do turns[#turns + 1] = part end
end

-- Dead is who is known to have ended; who was silent for long; or for a shorter time, and doesn't listen for
-- cancellations any more: the kernel closes a dead process's connections at once, and one that lives and lost them
-- listens again and beats.
local dead, known = {}, {}
for i = 7, #ARGV do
  known[ARGV[i]] = true
  if redis.call('ZSCORE', 'workers', ARGV[i]) then dead[#dead + 1] = ARGV[i] end
end
local silent = redis.call('ZRANGEBYSCORE', 'workers', '-inf', now - deaf_after_ms, 'WITHSCORES')
for i = 1, #silent, 2 do
  local deaf = redis.call('PUBSUB', 'NUMSUB', 'cancel:' .. silent[i])[2] == 0
  local gone = deaf or tonumber(silent[i + 1]) <= now - dead_after_ms
  if gone and not known[silent[i]] then dead[#dead + 1] = silent[i] end
end
local found = { unpack(dead) }
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
  for _, token in ipairs(redis.call('SMEMBERS', 'tokens:' .. worker)) do
    cut_off[redis.call('HGET', 'turn:' .. token, 'v') or ''] = true
    add(drop_turn(token, now, true))
  end
  redis.call('DEL', 'claims:' .. worker, 'tokens:' .. worker)
  redis.call('ZREM', 'workers', worker)
  redis.call('ZREM', 'workers:gpu', worker)
  redis.call('HDEL', 'devices', worker)
  redis.call('HDEL', 'faults', worker)
end

local late = redis.call('ZRANGEBYSCORE', 'deadlines', '-inf', now, 'LIMIT', 0, EXPIRE)
if #late == EXPIRE then left = 1 end
for _, id in ipairs(late) do
  if redis.call('HGET', 'job:' .. id, 's') == 'queued' then
    expired = expired + 1
    finish(id, 'queued', 'expired', '', now)
  end
  redis.call('ZREM', 'deadlines', id)
end

local tired = redis.call('ZRANGEBYSCORE', 'lifetimes', '-inf', now, 'LIMIT', 0, EXPIRE)
if #tired == EXPIRE then left = 1 end
for _, id in ipairs(tired) do
  local job = redis.call('HMGET', 'job:' .. id, 's', 'w')
  if legal(job[1], 'canceled') then cancel_now(id, job[1], job[2], now) end
  redis.call('ZREM', 'lifetimes', id)
end

-- A turn waits in RQ's queue for as long as workers are busy. One that is neither there nor begun was lost: popped
-- by who died or stands still, or never handed over. Those that wait are noted as seen twice a second, so that
-- one unseen for longer is no turn that was popped just now. Doubled by mistake, it is one all the same: begin.
local function look_for_lost(books, queue)
  local issued = redis.call('ZRANGEBYSCORE', books .. 'turns:issued', '-inf', now - 500, 'WITHSCORES', 'LIMIT', 0, LOOK)
  if #issued == 0 then return end
  local there, moved = {}, 0
  for _, token in ipairs(redis.call('LRANGE', queue, 0, -1)) do there[token] = true end
  for i = 1, #issued, 2 do
    local token, version = issued[i], redis.call('HGET', 'turn:' .. issued[i], 'v')
    if not version then
      redis.call('ZREM', books .. 'turns:issued', token)
    elseif there[token] then
      redis.call('ZADD', books .. 'turns:issued', now, token)
      moved = moved + 1
    elseif tonumber(issued[i + 1]) <= now - 1500 then
      redis.call('ZADD', books .. 'turns:issued', now, token)
      add({ version, token })
      moved = moved + 1
    end
  end
  if moved > 0 and #issued == 2 * LOOK then left = 1 end
end
look_for_lost('', rq_queue)
look_for_lost(GPU, gpu_rq_queue)

for _, books in ipairs({ '', GPU }) do
  redis.call('ZREMRANGEBYSCORE', books .. 'active', '-inf', now - COMPANY_MS)
end

local forgotten = redis.call('ZRANGEBYSCORE', 'ended', '-inf', now, 'LIMIT', 0, FORGET)
if #forgotten == FORGET then left = 1 end
for _, member in ipairs(forgotten) do
  local tenant, id, kept = string.match(member, '^(%S+) (%S+) ?(%d*)$') -- no bytes: written by an earlier release
  redis.call('ZREM', (string.sub(id, 1, 4) == 'bat_' and 'batches:' or 'jobs:') .. tenant, id)
  redis.call('ZREM', 'ended', member)
  if kept ~= '' then bump('load:' .. tenant, 'kept', -tonumber(kept)) end
end
-- What the dead were busy with goes before what is issued in its company.
local first, others = {}, {}
for i = 1, #turns, 2 do
  local list = cut_off[turns[i]] and first or others
  list[#list + 1], list[#list + 2] = turns[i], turns[i + 1]
end
for _, part in ipairs(others) do first[#first + 1] = part end
return { taken, expired, first, left, found }
