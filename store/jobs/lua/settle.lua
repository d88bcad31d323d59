-- Write the outcomes of finished calls, then claim up to `want` more jobs: one round trip a batch.
-- `empty handed`: beyond these outcomes the worker holds nothing, so what else is in its name was lost on the way.
-- An outcome counts only if the job is still running under the fence it was claimed with.
-- Returns {state of the turn, turns that wait for this one's place, pending, {turns for RQ}, {claimed: id, fence, kind, timeout, input, ...},
--          how many of those that wait are the tenant's own}
local worker, token, version, want, linger = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local more, rq_queue, count, max_attempts = ARGV[6] == '1', ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
local empty_handed = ARGV[10] == '1'
local WIDTH = 14
local MOST_BYTES = 1048576 -- of inputs handed over in one step: Redis serves nobody else meanwhile
local now = now_ms()
local stamp = whole(now)

-- What an outcome says of the job's use and record, beginning at ARGV[at]; and all that is told of its end.
local function outcome(job, at, to)
  local run, kind, output, logs = ARGV[at + 3], ARGV[at + 4], ARGV[at + 5], ARGV[at + 10]
  local run_us, succeeded = tonumber(run), to == 'succeeded'
  local told = { job[1], job[8], job[18], job[19], to, job[20], job[9], stamp, job[17], run }
  local fields
  if succeeded then
    fields = { 'p', run, 'ok', kind }
    told[17], told[18] = kind, output
  else
    fields = { 'p', run, 'et', ARGV[at + 6], 'em', ARGV[at + 7], 'eb', ARGV[at + 8], 'es', ARGV[at + 9] }
    for i = 11, 14 do told[i] = ARGV[at + i - 5] end
  end
  if logs ~= '' then
    for _, part in ipairs({ 'lg', logs, 'lt', ARGV[at + 11] }) do fields[#fields + 1] = part end
    told[15], told[16] = logs, ARGV[at + 11]
  end
  local output_bytes = succeeded and tonumber(ARGV[at + 13]) or 0
  return {
    run_us = run_us,
    gpu_us = run_us * tonumber(ARGV[at + 12]),
    output_bytes = output_bytes,
    kept_bytes = output_bytes + #ARGV[at + 7] + #ARGV[at + 8] + #logs,
    fields = fields,
    output_kind = succeeded and kind,
    told = told,
  }
end

-- Read at once what of the tenant's counters may change here, and what its endpoints ask for.
local function know(tenant)
  local key, month = 'load:' .. tenant, month_of(now)
  if read[key] then return end
  local load = redis.call('HMGET', key, 'queued', 'running', 'in', 'kept', 'run:' .. month, 'gpu:' .. month, 'ev')
  read[key] = { queued = load[1], running = load[2], ['in'] = load[3], kept = load[4], ['run:' .. month] = load[5],
    ['gpu:' .. month] = load[6] }
  listened[tenant] = tonumber(load[7] or EVERY_EVENT)
end

local later = { inputs = {}, claims = {}, ended = {} }
for i = 0, count - 1 do
  local at = 11 + i * WIDTH
  local id, fence, to, kind = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 4]
  local stored = string.find(kind, '@', 1, true) -- a marked kind: the output is in the blob store
  local job = redis.call('HMGET', 'job:' .. id, unpack(RECORD))
  local state = job[15]
  if state == 'running' and job[16] == fence and job[6] == worker then
    know(job[1])
    if to == 'release' then
      hand_back(id, true)
    elseif to == 'retry' then
      if tonumber(job[17]) >= max_attempts then
        fail_platform(id, ARGV[at + 7], now)
      else
        hand_back(id, false)
      end
    elseif legal('running', to) then
      local used = outcome(job, at, to)
      local written = to == 'succeeded' and not stored
      if written then redis.call('SET', 'out:' .. id, ARGV[at + 5], 'EX', job[2]) end
      if stored then used.told[18] = false end
      finish(id, 'running', to, ARGV[at + 6], now, job, used, written and later or nil)
    end
  elseif stored and not (state == 'succeeded' and job[16] == fence) then
    doom(id .. '.out-' .. fence, now) -- refused: this output is nobody's
  end
end
wind_up_all(later, worker)

local issued = {}
if empty_handed then issued = hand_back_lost(worker, now) end

local turn = redis.call('HMGET', 'turn:' .. token, 'w', 't')
if turn[1] ~= worker then return { 'gone', 0, 0, issued, {}, 0 } end
local tenant, books = turn[2], books_of(token)

local claimed, taken, inputs, bytes = {}, {}, {}, 0

local function claim(id)
  local key = 'job:' .. id
  local job = redis.call('HMGET', key, 's', 'k', 'to', 'dl', 'a', 'f', 'ls', 'bt', 'ca', 'ib')
  if job[1] ~= 'queued' then return end
  if job[4] and tonumber(job[4]) <= now then
    finish(id, 'queued', 'expired', '', now)
  elseif job[9] and tonumber(job[9]) <= now then
    finish(id, 'queued', 'canceled', '', now)
  else
    local attempt, fence = tonumber(job[5] or '0') + 1, tonumber(job[6] or '0') + 1
    redis.call('HSET', key, 's', 'running', 'b', stamp, 'w', worker, 'a', whole(attempt), 'f', whole(fence))
    if job[4] then redis.call('ZREM', 'deadlines', id) end
    if job[7] then ring(id, job[7]) end
    if attempt == 1 then tell(id, 'running', tenant, now, false, job[8]) end
    taken[#taken + 1], inputs[#inputs + 1] = id, 'in:' .. id
    claimed[#claimed + 1] = { id, fence, job[2], job[3] }
    bytes = bytes + tonumber(job[10] or '0')
  end
end

-- As many as are wanted are taken off the queue in one command; where they are too large together, the rest goes back.
local queue, spent = 'pending:' .. version, false
while #claimed < want and bytes < MOST_BYTES and not spent do
  local asked = want - #claimed
  local ids = redis.call('LPOP', queue, asked) or {}
  spent = #ids < asked
  local next = 1
  while next <= #ids and bytes < MOST_BYTES do
    claim(ids[next])
    next = next + 1
  end
  for i = #ids, next, -1 do
    redis.call('LPUSH', queue, ids[i])
    spent = false
  end
end
if #claimed > 0 then
  redis.call('SADD', 'claims:' .. worker, unpack(taken))
  tally(tenant, 'queued', -#claimed)
  tally(tenant, 'running', #claimed)
  for i, input in ipairs(redis.call('MGET', unpack(inputs))) do claimed[i][5] = input or '' end
end

local pending = spent and 0 or redis.call('LLEN', queue)
if #claimed == 0 and linger then
  redis.call('SADD', 'lingering:' .. version, worker)
else
  redis.call('SREM', 'lingering:' .. version, worker)
end
-- Asked for only where there is room: in its tenant's line the version would look like somebody else who waits.
if more and pending > 0 and room(tenant, now, books) > 0 then
  want_turn(tenant, version, books)
  for _, part in ipairs(issue_turns(tenant, now, books)) do issued[#issued + 1] = part end
end
local own = redis.call('LLEN', books .. 'waiting:' .. tenant)
local others = redis.call('LLEN', rq_queue) + own
if others > own then own = own + unbegun(tenant, books) end
return { 'ok', others, pending, issued, claimed, own }
