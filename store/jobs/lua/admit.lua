-- Admit one job, or say why not: idempotency, rate, depth, then the record and its place: in the hands of a
-- worker that lingers on the version, else in the queue.
-- Reads gen, idem, rate, load; writes job, in, pending or claims, jobs, load, rate, idem, deadlines, waiting, turn*.
-- Returns {"ok", created ms, version, token, ...turns for RQ} | {"replay", id} | {"stale"} |
--         {"rate", retry after us} | {"queue_full"} | {"idempotency_mismatch"}
local id, tenant, generation, model, version, number = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local kind, payload, timeout, deadline_ms, hook = ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10]), ARGV[11]
local queued_limit, per_minute, concurrency, keep = tonumber(ARGV[12]), tonumber(ARGV[13]), ARGV[14], ARGV[15]
local idem, fingerprint, waiter = ARGV[16], ARGV[17], ARGV[18]

if (redis.call('GET', 'gen:' .. tenant) or '0') ~= generation then return { 'stale' } end

local idem_key = 'idem:' .. tenant .. ':' .. idem
if idem ~= '' then
  local known = redis.call('GET', idem_key)
  if known then
    local print, first = string.match(known, '^(%S*) (%S+)$')
    if print ~= fingerprint then return { 'idempotency_mismatch' } end
    return { 'replay', first }
  end
end

local load_key = 'load:' .. tenant
local load = redis.call('HMGET', load_key, 'queued', 'conc')
if tonumber(load[1] or '0') >= queued_limit then return { 'queue_full' } end

-- GCRA: https://www.itu.int/rec/T-REC-I.371 (virtual scheduling), bursts of a tenth of a minute's worth.
local us = now_us()
local now = math.floor(us / 1000)
if not (per_minute >= 1) then return { 'rate', '60000000' } end
local interval = 60000000 / per_minute
local tolerance = interval * math.max(1, per_minute / 10)
local arrival = math.max(tonumber(redis.call('GET', 'rate:' .. tenant) or '0'), us)
local early = arrival + interval - tolerance - us
if early > 0 then return { 'rate', string.format('%.0f', early) } end
redis.call('SET', 'rate:' .. tenant, string.format('%.0f', arrival + interval), 'PX', 60001)

local fields = { 't', tenant, 'm', model, 'v', version, 'n', number, 'c', now, 'k', kind, 'to', timeout, 'keep', keep }
local function also(field, value)
  fields[#fields + 1] = field
  fields[#fields + 1] = value
end
if hook ~= '' then also('hook', hook) end
if waiter ~= '' then also('wt', waiter) end
if deadline_ms > 0 then also('dl', now + deadline_ms) end

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
  also('b', now)
  also('w', lingering)
  also('a', 1)
  also('f', 1)
  redis.call('SADD', 'claims:' .. lingering, id)
  tally(tenant, 'running', 1)
else
  also('s', 'queued')
  redis.call('RPUSH', 'pending:' .. version, id)
  if deadline_ms > 0 then redis.call('ZADD', 'deadlines', now + deadline_ms, id) end
  tally(tenant, 'queued', 1)
end
redis.call('HSET', 'job:' .. id, unpack(fields))
redis.call('SET', 'in:' .. id, payload)
redis.call('ZADD', 'jobs:' .. tenant, 0, id)
if load[2] ~= concurrency then redis.call('HSET', load_key, 'conc', concurrency) end
bump('stats', 'admitted', 1)
if idem ~= '' then redis.call('SET', idem_key, fingerprint .. ' ' .. id, 'EX', 86400) end

local answer = { 'ok', now }
if handed then return answer end
if lingering then redis.call('PUBLISH', 'wake:' .. lingering, wire({ version })) end
if redis.call('SCARD', 'vturns:' .. version) == 0 then
  want_turn(tenant, version)
  for _, part in ipairs(issue_turns(tenant, now)) do answer[#answer + 1] = part end
  -- No room: whoever lingers on another version of this tenant makes some.
  if #answer == 2 then redis.call('PUBLISH', 'wake:any', tenant) end
end
return answer
