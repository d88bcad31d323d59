-- End a turn: the version goes to the back of its tenant's line if it still has work. Where nobody waits in RQ, a
-- worker that `goes on` begins the turn that takes its place at once: it would get it from RQ anyway, and its way
-- there would look to others like somebody who waits. `in tenure` it does so although others wait: the slice is the
-- tenant's, and a version that had little to do has not used it up.
-- Safe to ask again: a turn that was begun and not heard of is told again.
-- Returns {{} or {token, version, tenant} of the turn to go on with, {turns for RQ}}
local token, worker, rq_queue, gpu_rq_queue = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local goes_on, in_tenure = ARGV[5] == '1', ARGV[6] == '1'
local now = now_ms()
local issued = drop_turn(token, now)
if not goes_on then return { {}, issued } end
local queue = books_of(token) == GPU and gpu_rq_queue or rq_queue
if #issued > 0 and (in_tenure or redis.call('LLEN', queue) == 0) then
  table.remove(issued, 1)
  start_turn(table.remove(issued, 1), worker, now)
end
for _, begun in ipairs(redis.call('SMEMBERS', 'tokens:' .. worker)) do
  local turn = redis.call('HMGET', 'turn:' .. begun, 'v', 't', 'w')
  if turn[3] == worker then return { { begun, turn[1], turn[2] }, issued } end
end
return { {}, issued }
