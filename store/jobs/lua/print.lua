-- Keep what a call has printed since the last time, for those who follow the job. Only the worker that runs the job
-- now, under its fence, is listened to. Returns 1, or 0 when it was not.
local worker, id, fence, text = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local MOST_ENTRIES = 10000  -- the worker bounds the text; this bounds what a thousand tries of one job could pile up
local job = redis.call('HMGET', 'job:' .. id, 's', 'w', 'f', 'a', 'ls', 'keep', 'to')
if job[1] ~= 'running' or job[2] ~= worker or job[3] ~= fence then return 0 end
local key = 'printed:' .. id
redis.call('XADD', key, 'MAXLEN', MOST_ENTRIES, '*', 'a', job[4], 'f', fence, 't', text)
redis.call('PEXPIRE', key, math.ceil((tonumber(job[6]) + tonumber(job[7])) * 1000))
if job[5] then ring(id, job[5]) end
return 1
