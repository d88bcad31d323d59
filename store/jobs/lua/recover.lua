-- Hand back every job a worker holds in Redis while it holds none itself: the reply to its claim was lost,
-- or its turn failed through a fault of ours. Only the latter counts as an attempt.
-- Returns {how many, {turns for RQ}}
local worker, count_attempt, max_attempts = ARGV[1], ARGV[2] == '1', tonumber(ARGV[3])
local now, failed = now_ms(), 0
if count_attempt then
  for _, id in ipairs(redis.call('SMEMBERS', 'claims:' .. worker)) do
    local job = redis.call('HMGET', 'job:' .. id, 's', 'w', 'a')
    if job[1] == 'running' and job[2] == worker then
      if tonumber(job[3]) >= max_attempts then
        fail_platform(id, 'The platform failed to run this job, ' .. job[3] .. ' times.', now)
        failed = failed + 1
      else
        redis.call('HINCRBY', 'job:' .. id, 'a', 1) -- handing back takes one off again
      end
    end
  end
end
local issued, count = hand_back_lost(worker, now)
return { count + failed, issued }
