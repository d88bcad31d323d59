-- Begin or end to tell an API process of everything that happens to a job, its end included.
-- Returns the job's state; "" when unknown.
local tenant, id, process, on = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local key = 'job:' .. id
local job = redis.call('HMGET', key, 't', 's', 'ls', 'wt')
if job[1] ~= tenant then return '' end
if not NEXT[job[2]] then return job[2] end

local function without(names)
  local kept = {}
  for name in string.gmatch(names or '', '%S+') do
    if name ~= process then kept[#kept + 1] = name end
  end
  return kept
end

local listeners = without(job[3])
if on then
  listeners[#listeners + 1] = process
  local waiters = without(job[4])
  waiters[#waiters + 1] = process
  redis.call('HSET', key, 'wt', table.concat(waiters, ' '))
end
if #listeners > 0 then
  redis.call('HSET', key, 'ls', table.concat(listeners, ' '))
else
  redis.call('HDEL', key, 'ls')
end
return job[2]
