-- Record how an attempt ended. Returns {0}, changing nothing, when the claim is no longer this one; else
-- {1, since when the endpoint has done nothing but fail (ms; 0: it has not), how often since then}.
-- `health` is what the attempt says of its endpoint: good | bad | '' (nothing).
local courier, id, claim = ARGV[1], ARGV[2], ARGV[3]
local ending, delay_ms, status, err, detail = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local duration_ms, health, keep_ms, keep_count = ARGV[9], ARGV[10], tonumber(ARGV[11]), tonumber(ARGV[12])
local key = 'delivery:' .. id
local d = redis.call('HMGET', key, 'claim', 'tenant', 'lane', 'state', 'endpoint', 'last_attempt_ms')
if d[1] ~= claim or d[4] ~= 'sending' then return { 0 } end
local now = now_ms()
redis.call('HINCRBY', key, 'attempts', 1)
redis.call('HINCRBY', key, 'claim', 1)
redis.call('HSET', key, 'last_status', status, 'last_error', err, 'last_detail', detail)
note(id, { at_ms = tonumber(d[6]), duration_ms = tonumber(duration_ms), status = tonumber(status), error = err,
  detail = detail })
if err ~= '' then redis.call('HINCRBY', 'deliveries:stats', 'failed', 1) end

judge(d[3], health, now)
local since, failures = 0, 0
if d[5] ~= '' and health ~= '' then
  local state = 'deliveries:health:' .. d[5]
  if health == 'good' then
    redis.call('HDEL', state, 'failing_since_ms', 'failures')
    redis.call('HSET', state, 'last_success_ms', now)
  else
    redis.call('HSETNX', state, 'failing_since_ms', now)
    redis.call('HSET', state, 'last_failure_ms', now)
    failures = redis.call('HINCRBY', state, 'failures', 1)
    since = redis.call('HGET', state, 'failing_since_ms')
  end
  redis.call('PEXPIRE', state, HEALTH_MS)
end

if ending == 'retry' then
  release(courier, id, d[2], d[3])
  schedule(id, d[3], now + tonumber(delay_ms))
else
  count_waiting(d[2], -1, -redis.call('HSTRLEN', key, 'body'))
  conclude(id, ending, now, keep_ms, keep_count)
  release(courier, id, d[2], d[3])
end
return { 1, since, failures }
