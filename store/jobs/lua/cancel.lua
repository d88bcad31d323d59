-- Cancel a job in any state. A running one is canceled at once: its worker is told to kill the sandbox, and
-- whatever it still reports is refused by the state. Returns "" when unknown, else the state it was in.
local tenant, id = ARGV[1], ARGV[2]
local job = redis.call('HMGET', 'job:' .. id, 't', 's', 'w')
if job[1] ~= tenant then return '' end
if not legal(job[2], 'canceled') then return job[2] end
finish(id, job[2], 'canceled', '', now_ms())
if job[2] == 'running' then redis.call('PUBLISH', 'cancel:' .. job[3], id) end
return job[2]
