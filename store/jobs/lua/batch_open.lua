-- Open a batch whose lines are in the blob store. Reads gen, idem, load; writes batch, batches:*, load, idem.
-- Returns {"ok", created ms, ...standing} | {"replay", id, ...standing} | {"batches_full", how many run, ...standing} |
--         {"stale"} | {"idempotency_mismatch"}
--   standing: as admit has it, and how many more batches may be open
local id, tenant, generation, model, version, number = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local total, timeout, hook, keep = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local limit, idem, fingerprint = tonumber(ARGV[11]), ARGV[12], ARGV[13]
local deadline_ms, cancel_after_ms = tonumber(ARGV[14]), tonumber(ARGV[15])
local queued_limit, per_minute = tonumber(ARGV[16]), tonumber(ARGV[17])

if (redis.call('GET', 'gen:' .. tenant) or '0') ~= generation then return { 'stale' } end
local load = redis.call('HMGET', 'load:' .. tenant, 'batches', 'queued', 'tat')
local running = tonumber(load[1] or '0')

local function standing(answer, more)
  local rate = rate_of(per_minute, load[3], now_us())
  add_standing(answer, rate, rate.arrival, queued_limit - tonumber(load[2] or '0'))
  answer[#answer + 1] = math.max(0, limit - running - more)
  return answer
end

local idem_key = 'idem:' .. tenant .. ':' .. idem
if idem ~= '' then
  local known = redis.call('GET', idem_key)
  if known then
    local print, first = string.match(known, '^(%S*) (%S+)$')
    if print ~= fingerprint then return { 'idempotency_mismatch' } end
    return standing({ 'replay', first }, 0)
  end
end
if running >= limit then return standing({ 'batches_full', running }, 0) end

local now = now_ms()
redis.call('HSET', 'batch:' .. id, 't', tenant, 'm', model, 'v', version, 'n', number, 's', 'running', 'c', now,
  'total', total, 'next', 0, 'at', 0, 'done', 0, 'to', timeout, 'hook', hook, 'keep', keep, 'f', 0, 'kept', 0)
if deadline_ms > 0 then redis.call('HSET', 'batch:' .. id, 'dl', now + deadline_ms) end
if cancel_after_ms > 0 then redis.call('HSET', 'batch:' .. id, 'ca', now + cancel_after_ms) end
redis.call('ZADD', 'batches:open', 0, id)
redis.call('ZADD', 'batches:' .. tenant, 0, id)
bump('load:' .. tenant, 'batches', 1)
if idem ~= '' then redis.call('SET', idem_key, fingerprint .. ' ' .. id, 'EX', 86400) end
return standing({ 'ok', now }, 1)
