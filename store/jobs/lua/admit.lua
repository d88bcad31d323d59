-- Admit one job, or say why not: idempotency, room in the engine, the tenant's quotas, rate; then the record and its
-- place: in the hands of a worker that lingers on the version, else in the queue. A job on a GPU is refused while no
-- worker with one lives: it would wait for nobody.
-- Reads gen, idem, rate, load, stats, workers:gpu; writes job, in, pending or claims, jobs, load, rate, idem, deadlines,
-- lifetimes, waiting, turn*.
-- Returns {"stale"} | {"idempotency_mismatch"} | {"ok", created ms, ...standing, version, token, ...turns for RQ} |
--         {"replay", id, ...standing} | {why, what was found, ...standing}, where why and found are: "rate", us until
--         there is room; "queue_full"; "queued_bytes" or "kept_bytes", bytes held; "run_seconds" or "gpu_seconds", now
--         in ms; "no_gpu_worker", 0; "engine_full", jobs queued
--   standing: jobs that may follow at once, us until there may be one more, how many more may queue
local id, tenant, generation, model, version, number = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local kind, payload, timeout, deadline_ms, hook = ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10]), ARGV[11]
local queued_limit, per_minute, concurrency, keep = tonumber(ARGV[12]), tonumber(ARGV[13]), ARGV[14], ARGV[15]
local idem, fingerprint, waiter = ARGV[16], ARGV[17], ARGV[18]
local input_bytes, queued_bytes_limit, kept_bytes_limit = tonumber(ARGV[19]), tonumber(ARGV[20]), tonumber(ARGV[21])
local run_seconds_limit, gpu_seconds_limit, gpus = tonumber(ARGV[22]), tonumber(ARGV[23]), tonumber(ARGV[24])
local engine_limit, gpus_limit, dead_after_ms, asked = tonumber(ARGV[25]), ARGV[26], ARGV[27], ARGV[28]
local cancel_after_ms = tonumber(ARGV[29])
local books = gpus > 0 and GPU or ''

local idem_key = 'idem:' .. tenant .. ':' .. idem
local first = redis.call('MGET', 'gen:' .. tenant, idem_key)
if (first[1] or '0') ~= generation then return { 'stale' } end

local us = now_us()
local now = math.floor(us / 1000)
local stamp = whole(now)
local month = month_of(now)
local load_key = 'load:' .. tenant
local load = redis.call('HMGET', load_key, 'queued', 'conc', 'in', 'kept', 'month', 'run:' .. month, 'gpu:' .. month,
  'ev', 'running', 'tat')
read[load_key] = { queued = load[1], ['in'] = load[3], running = load[9], tat = load[10] }
local queued = tonumber(load[1] or '0')

local rate = rate_of(per_minute, load[10], us)
local room = queued_limit - queued

if idem ~= '' and first[2] then
  local print, job = string.match(first[2], '^(%S*) (%S+)$')
  if print ~= fingerprint then return { 'idempotency_mismatch' } end
  return add_standing({ 'replay', job }, rate, rate.arrival, room)
end

local function refused(why, found)
  return add_standing({ why, whole(found) }, rate, rate.arrival, room)
end

if engine_limit > 0 then
  local stats = redis.call('HMGET', 'stats', 'queued', 'admitted')
  read.stats = { queued = stats[1], admitted = stats[2] }
  local all = tonumber(stats[1] or '0')
  if all >= engine_limit then return refused('engine_full', all) end
end
if queued >= queued_limit then return refused('queue_full', queued) end
local held, kept = tonumber(load[3] or '0'), tonumber(load[4] or '0')
if held + input_bytes > queued_bytes_limit then return refused('queued_bytes', held) end
if kept >= kept_bytes_limit then return refused('kept_bytes', kept) end
if tonumber(load[6] or '0') >= run_seconds_limit * 1000000 then return refused('run_seconds', now) end
if gpus > 0 and tonumber(load[7] or '0') >= gpu_seconds_limit * 1000000 then return refused('gpu_seconds', now) end
if gpus > 0 and redis.call('ZCOUNT', 'workers:gpu', now - dead_after_ms, '+inf') == 0 then
  return refused('no_gpu_worker', 0)
end
if not rate.may then return refused('rate', 60000000) end
local next_arrival = rate.arrival + rate.interval
local early = next_arrival - rate.tolerance - us
if early > 0 then return refused('rate', early) end

-- Redis stops a script when it is full at the first command that takes memory, and not any more once it has written:
-- this one comes before those that take none.
redis.call('ZADD', 'jobs:' .. tenant, '0', id)
bump(load_key, 'tat', next_arrival - tonumber(load[10] or '0'))

local fields = { 't', tenant, 'm', model, 'v', version, 'n', number, 'c', stamp, 'k', kind, 'to', timeout, 'keep', keep,
  'ib', ARGV[19] }
local function also(field, value)
  fields[#fields + 1] = field
  fields[#fields + 1] = value
end
if hook ~= '' then also('hook', hook) end
if gpus > 0 then also('g', ARGV[24]) end
if waiter ~= '' then also('wt', waiter) end
if deadline_ms > 0 then also('dl', now + deadline_ms) end
if cancel_after_ms > 0 then
  also('ca', now + cancel_after_ms)
  redis.call('ZADD', 'lifetimes', now + cancel_after_ms, id)
end

if asked ~= '' and load[8] ~= asked then redis.call('HSET', load_key, 'ev', asked) end -- '': a line of a batch
listened[tenant] = tonumber(asked)

-- A worker that lingers on the version with nothing to do is handed the job at once, claimed: that saves a
-- round trip and a write. Should it not hear of it (nobody listens: tried here; the message is lost: found by
-- its next settlement, which says that it holds nothing), the job takes the ordinary way through the queue.
local lingering = redis.call('SPOP', 'lingering:' .. version)
local handed = false
if lingering and #payload <= 65536 and redis.call('LLEN', 'pending:' .. version) == 0 then
  handed = redis.call('PUBLISH', 'wake:' .. lingering, wire({ version, id, '1', kind, timeout, payload })) > 0
end

if handed then
  also('s', 'running')
  also('b', stamp)
  also('w', lingering)
  also('a', '1')
  also('f', '1')
  redis.call('SADD', 'claims:' .. lingering, id)
  tally(tenant, 'running', 1)
  tell(id, 'running', tenant, now, false, asked == '')
else
  also('s', 'queued')
  redis.call('RPUSH', 'pending:' .. version, id)
  if deadline_ms > 0 then redis.call('ZADD', 'deadlines', now + deadline_ms, id) end
  tally(tenant, 'queued', 1)
end
redis.call('HSET', 'job:' .. id, unpack(fields))
if payload ~= '' then redis.call('SET', 'in:' .. id, payload) end -- a marked kind: it is in the blob store
bump(load_key, 'in', input_bytes)
if load[2] ~= concurrency then redis.call('HSET', load_key, 'conc', concurrency) end
if load[5] ~= month then
  for _, field in ipairs(redis.call('HKEYS', load_key)) do
    local of = string.match(field, '^%a+:(%d+)$')
    if of and of ~= month then redis.call('HDEL', load_key, field) end
  end
  redis.call('HSET', load_key, 'month', month)
end
if gpus > 0 then redis.call('HSET', load_key, 'gpus', gpus_limit) end
bump('stats', 'admitted', 1)
if idem ~= '' then redis.call('SET', idem_key, fingerprint .. ' ' .. id, 'EX', 86400) end

local answer = add_standing({ 'ok', stamp }, rate, next_arrival, handed and room or room - 1)
if handed then return answer end
if lingering then redis.call('PUBLISH', 'wake:' .. lingering, wire({ version })) end
if redis.call('SCARD', 'vturns:' .. version) == 0 then
  want_turn(tenant, version, books)
  for _, part in ipairs(issue_turns(tenant, now, books)) do answer[#answer + 1] = part end
  -- No room: whoever lingers on another version of this tenant makes some.
  if #answer == 5 then redis.call('PUBLISH', 'wake:any', tenant) end
end
return answer
