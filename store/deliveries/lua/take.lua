-- Move up to N entries of what has to be told into a courier's hands, and register the courier in the same
-- step: what is taken is never without an owner somebody watches. Returns the entries.
local courier, room = ARGV[1], tonumber(ARGV[2])
redis.call('ZADD', 'deliveries:couriers', now_ms(), courier)
local taken = {}
while #taken < room do
  local entry = redis.call('LMOVE', 'webhooks:due', 'deliveries:taken:' .. courier, 'LEFT', 'RIGHT')
  if not entry then break end
  taken[#taken + 1] = entry
end
return taken
