-- Cancel a job in any state. Returns "" when unknown, else the state it was in.
local tenant, id = ARGV[1], ARGV[2]
local job = redis.call('HMGET', 'job:' .. id, 't', 's', 'w')
if job[1] ~= tenant then return '' end
if legal(job[2], 'canceled') then cancel_now(id, job[2], job[3], now_ms()) end
return job[2]
