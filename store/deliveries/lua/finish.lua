-- Record how an attempt ended. Returns 0, changing nothing, when the claim is no longer this one.
local courier, id, claim = ARGV[1], ARGV[2], ARGV[3]
local ending, delay_ms, status, err, detail, keep = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local d = redis.call('HMGET', 'delivery:' .. id, 'claim', 'tenant', 'lane', 'state')
if d[1] ~= claim or d[4] ~= 'sending' then return 0 end
local now = now_ms()
redis.call('HINCRBY', 'delivery:' .. id, 'attempts', 1)
redis.call('HSET', 'delivery:' .. id, 'last_status', status, 'last_error', err, 'last_detail', detail)
if err ~= '' then redis.call('HINCRBY', 'deliveries:stats', 'failed', 1) end
if ending == 'retry' then
  redis.call('HINCRBY', 'delivery:' .. id, 'claim', 1)
  release(courier, id, d[2], d[3])
  schedule(id, d[3], now + tonumber(delay_ms))
  return 1
end
redis.call('HSET', 'delivery:' .. id, 'state', ending, 'ended_ms', now)
redis.call('HDEL', 'delivery:' .. id, 'body', 'next_attempt_ms')
redis.call('EXPIRE', 'delivery:' .. id, keep)
redis.call('HINCRBY', 'deliveries:stats', ending, 1)
release(courier, id, d[2], d[3])
return 1
