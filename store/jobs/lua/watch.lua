-- Ask for a job's end to be announced to an API process. Returns the job's state; "" when unknown.
local tenant, id, waiter = ARGV[1], ARGV[2], ARGV[3]
local job = redis.call('HMGET', 'job:' .. id, 't', 's', 'wt')
if job[1] ~= tenant then return '' end
if NEXT[job[2]] and not string.find(' ' .. (job[3] or '') .. ' ', ' ' .. waiter .. ' ', 1, true) then
  redis.call('HSET', 'job:' .. id, 'wt', job[3] and (job[3] .. ' ' .. waiter) or waiter)
end
return job[2]
