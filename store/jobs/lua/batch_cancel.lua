-- Ask for a batch's end: nothing more of it is admitted from now on; who holds it cancels what is under way.
-- Returns the state it was in; "" when unknown.
local tenant, id = ARGV[1], ARGV[2]
local batch = redis.call('HMGET', 'batch:' .. id, 't', 's')
if batch[1] ~= tenant then return '' end
if batch[2] == 'running' then redis.call('HSET', 'batch:' .. id, 's', 'canceling') end
return batch[2]
