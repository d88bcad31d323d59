-- Admit the next line of a batch as a job, and move the batch on to the line after it, in one step: however often a
-- line is tried, it is admitted once. Everything before the last five arguments is admit's (see scripts.py).
-- Returns what admit returns | {"gone"}: the batch was taken away, or is to end | {"out_of_turn"}: it isn't this line's
local id, count = ARGV[1], #ARGV
local batch, fence, index, at, label = ARGV[count - 4], ARGV[count - 3], ARGV[count - 2], ARGV[count - 1], ARGV[count]
local key = 'batch:' .. batch
local known = redis.call('HMGET', key, 's', 'f', 'next')
if known[1] ~= 'running' or known[2] ~= fence then return { 'gone' } end
if known[3] ~= index then return { 'out_of_turn' } end
local answer = admit()
if answer[1] == 'ok' then
  redis.call('HSET', 'job:' .. id, 'bt', batch)
  if label ~= '' then redis.call('HSET', 'job:' .. id, 'li', label) end
  redis.call('HSET', key, 'next', index + 1, 'at', at)
end
return answer
