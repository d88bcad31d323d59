-- Hand back every job a worker holds in Redis while it holds none itself: the reply to its claim was lost.
-- The attempt does not count. Returns how many.
local worker = ARGV[1]
local ids = redis.call('SMEMBERS', 'claims:' .. worker)
local now = now_ms()
for _, id in ipairs(ids) do
  local job = redis.call('HMGET', 'job:' .. id, 's', 'w')
  if job[1] == 'running' and job[2] == worker then
    redis.call('HINCRBY', 'job:' .. id, 'a', -1)
    hand_back(id, now)
  end
end
redis.call('DEL', 'claims:' .. worker)
return #ids
