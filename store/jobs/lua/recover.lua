-- Hand back every job a worker holds in Redis while it holds none itself: the reply to its claim was lost,
-- or its turn failed through a fault of ours. Only the latter counts as an attempt. Returns how many.
local worker, count_attempt, max_attempts = ARGV[1], ARGV[2] == '1', tonumber(ARGV[3])
local ids = redis.call('SMEMBERS', 'claims:' .. worker)
local now = now_ms()
for _, id in ipairs(ids) do
  local job = redis.call('HMGET', 'job:' .. id, 's', 'w', 'a')
  if job[1] == 'running' and job[2] == worker then
    if not count_attempt then
      redis.call('HINCRBY', 'job:' .. id, 'a', -1)
      hand_back(id, now)
    elseif tonumber(job[3]) >= max_attempts then
      fail_platform(id, 'The platform failed to run this job, ' .. job[3] .. ' times.', now)
    else
      hand_back(id, now)
    end
  end
end
redis.call('DEL', 'claims:' .. worker)
return #ids
