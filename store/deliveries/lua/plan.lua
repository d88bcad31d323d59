-- Make a taken job id a delivery, due at once. A second time changes nothing. Returns 1 when it is new.
local courier, job, id = ARGV[1], ARGV[2], ARGV[3]
local tenant, url, lane, event, body = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
redis.call('LREM', 'deliveries:taken:' .. courier, 1, job)
if redis.call('EXISTS', 'delivery:' .. id) == 1 then return 0 end
local now = now_ms()
redis.call('HSET', 'delivery:' .. id, 'job', job, 'tenant', tenant, 'url', url, 'lane', lane, 'event', event,
  'body', body, 'attempts', 0, 'claim', 0, 'created_ms', now)
schedule(id, lane, now)
redis.call('HINCRBY', 'deliveries:stats', 'planned', 1)
return 1
