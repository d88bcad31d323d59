-- Send a delivery again, at once, with the whole schedule before it. Returns ok | unknown | under_way | gone | full |
-- too_often, which an operator (`unlimited`) is never told. `gone`: neither its body nor the job it could be built from is there any more.
local tenant, id, unlimited = ARGV[1], ARGV[2], ARGV[3] == '1'
local key = 'delivery:' .. id
local d = redis.call('HMGET', key, 'tenant', 'state', 'lane', 'log', 'subject', 'attempts', 'created_ms')
if d[1] ~= tenant then return 'unknown' end
if d[2] == 'sending' then return 'under_way' end
local bytes = redis.call('HSTRLEN', key, 'body')
if d[2] ~= 'scheduled' then
  if bytes == 0 and redis.call('EXISTS', 'job:' .. d[5]) == 0 then return 'gone' end
  if not fits(tenant, bytes) then return 'full' end
end
if not unlimited and not may_ask(tenant) then return 'too_often' end
if d[2] ~= 'scheduled' then
  redis.call('HSET', key, 'base', d[6])
  redis.call('HDEL', key, 'ended_ms')
  for _, name in ipairs({ key, 'deliveries:attempts:' .. id, 'deliveries:log:' .. d[4] }) do
    redis.call('PERSIST', name)
  end
  redis.call('ZREM', 'deliveries:ended:' .. tenant, d[4] .. ' ' .. place_in_log(tonumber(d[7]), id))
  count_waiting(tenant, 1, bytes)
end
schedule(id, d[3], now_ms())
return 'ok'
