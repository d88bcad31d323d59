-- Take up to N due deliveries, one from each lane in turn, oldest lane first. What a tenant may have in flight falls with
-- the square of the part of this courier's slots that is free, so that tenants whose endpoints hang leave some, in
-- whatever order they come: of S slots each takes about f*f/S where f are free, so N leave about S/(N+1). That a limit
-- follows what is free is Choudhury and Hahne's (dynamic thresholds, https://doi.org/10.1109/90.664262); linear as
-- theirs, it would let those who come one after another take half of the rest each.
-- Returns {next due ms or -1, then for each: id, claim, tenant, endpoint, url, event, subject, body, attempts}.
-- `attempts` are those since it was last asked for; the body is empty where it has to be built again.
local courier, room, slots = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now = now_ms()
local answer = { -1 }

local function take(lane)
  local id = redis.call('ZRANGEBYSCORE', 'deliveries:lane:' .. lane, '-inf', now, 'LIMIT', 0, 1)[1]
  if not id then place(lane) return end
  local d = redis.call('HMGET', 'delivery:' .. id, 'tenant', 'endpoint', 'url', 'event', 'subject', 'body', 'attempts', 'base')
  if not d[1] then -- a record somebody deleted by hand
    redis.call('ZREM', 'deliveries:lane:' .. lane, id)
    place(lane)
    return
  end
  local in_flight = busy(d[1])
  if in_flight >= TENANT_ROOM or in_flight * slots >= room * room then
    redis.call('ZREM', 'deliveries:scheduled', lane)
    redis.call('SADD', 'deliveries:parked:' .. d[1], lane)
    if in_flight < TENANT_ROOM then redis.call('SADD', 'deliveries:pressed', d[1]) end
    return
  end
  redis.call('ZREM', 'deliveries:lane:' .. lane, id)
  redis.call('SADD', 'deliveries:claims:' .. courier, id)
  count_busy(lane, 1)
  count_busy(d[1], 1)
  local claim = redis.call('HINCRBY', 'delivery:' .. id, 'claim', 1)
  redis.call('HSET', 'delivery:' .. id, 'state', 'sending', 'last_attempt_ms', now)
  local parts = { id, claim, d[1], d[2], d[3], d[4], d[5], d[6] or '', tonumber(d[7]) - tonumber(d[8]) }
  for i = 1, #parts do answer[#answer + 1] = parts[i] end
  room = room - 1
  place(lane)
end

-- There may be more room by now than there was when these were passed over, or this courier may have more.
for _, tenant in ipairs(redis.call('SMEMBERS', 'deliveries:pressed')) do
  for _, lane in ipairs(redis.call('SMEMBERS', 'deliveries:parked:' .. tenant)) do place(lane) end
  redis.call('DEL', 'deliveries:parked:' .. tenant)
end
redis.call('DEL', 'deliveries:pressed')

while room > 0 do
  local lanes = redis.call('ZRANGEBYSCORE', 'deliveries:scheduled', '-inf', now, 'LIMIT', 0, room)
  if #lanes == 0 then break end
  for _, lane in ipairs(lanes) do
    if room > 0 then take(lane) end
  end
end

local first = redis.call('ZRANGE', 'deliveries:scheduled', 0, 0, 'WITHSCORES')
if first[2] then answer[1] = math.max(0, tonumber(first[2]) - now) end
return answer
