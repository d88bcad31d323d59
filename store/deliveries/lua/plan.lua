-- Make what was taken deliveries, one for each recipient and all in this step, due at once. A second time changes
-- nothing. More than a tenant may have waiting are given up at once, and say so in its log.
-- `entry` is what the courier took; '' when nobody did (a test). Returns how many are new.
local courier, entry, subject, tenant, event, body = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local keep_ms, keep_count = tonumber(ARGV[7]), tonumber(ARGV[8])
if entry ~= '' then redis.call('LREM', 'deliveries:taken:' .. courier, 1, entry) end
local now, new = now_ms(), 0
for at = 9, #ARGV, 4 do
  local id, endpoint, url, lane = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local key, log = 'delivery:' .. id, endpoint ~= '' and endpoint or tenant
  if redis.call('EXISTS', key) == 0 then
    redis.call('HSET', key, 'subject', subject, 'tenant', tenant, 'endpoint', endpoint, 'url', url, 'lane', lane,
      'log', log, 'event', event, 'body', body, 'attempts', 0, 'base', 0, 'claim', 0, 'created_ms', now)
    redis.call('ZADD', 'deliveries:log:' .. log, 0, place_in_log(now, id))
    redis.call('PERSIST', 'deliveries:log:' .. log)
    redis.call('HINCRBY', 'deliveries:stats', 'planned', 1)
    if fits(tenant, #body) then
      count_waiting(tenant, 1, #body)
      schedule(id, lane, now)
    else
      redis.call('HSET', key, 'last_error', 'backlog_full', 'last_detail',
        'Too many of this tenant\'s deliveries wait already.')
      conclude(id, 'gave_up', now, keep_ms, keep_count)
    end
    new = new + 1
  end
end
return new
