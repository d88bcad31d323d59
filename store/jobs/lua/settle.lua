-- Write the outcomes of finished calls, then claim up to `want` more jobs: one round trip a batch.
-- `empty handed`: beyond these outcomes the worker holds nothing, so what else is in its name was lost on the way.
-- An outcome counts only if the job is still running under the fence it was claimed with.
-- Returns {state of the turn, turns that wait for this one's place, pending, {turns for RQ}, {claimed: id, fence, kind, timeout, input, ...},
--          how many of those that wait are the tenant's own}
local worker, token, version, want, linger = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local more, rq_queue, count, max_attempts = ARGV[6] == '1', ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
local empty_handed = ARGV[10] == '1'
local WIDTH = 14
local now = now_ms()

for i = 0, count - 1 do
  local at = 11 + i * WIDTH
  local id, fence, to = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local key = 'job:' .. id
  local job = redis.call('HMGET', key, 's', 'f', 'w', 'a', 't', 'keep', 'hook', 'wt', 'dl', 'ib', 'm', 'bt', 'ca', 'k')
  if job[1] == 'running' and job[2] == fence and job[3] == worker then
    if to == 'release' then
      hand_back(id, true)
    elseif to == 'retry' then
      if tonumber(job[4]) >= max_attempts then
        fail_platform(id, ARGV[at + 7], now)
      else
        hand_back(id, false)
      end
    elseif legal('running', to) then
      local fields
      if to == 'succeeded' then
        fields = { 'p', ARGV[at + 3], 'ok', ARGV[at + 4] }
        if not string.find(ARGV[at + 4], '@', 1, true) then -- a marked kind: it is in the blob store
          redis.call('SET', 'out:' .. id, ARGV[at + 5], 'EX', job[6])
        end
      else
        fields = { 'p', ARGV[at + 3], 'et', ARGV[at + 6], 'em', ARGV[at + 7], 'eb', ARGV[at + 8], 'es', ARGV[at + 9] }
      end
      if ARGV[at + 10] ~= '' then
        for _, part in ipairs({ 'lg', ARGV[at + 10], 'lt', ARGV[at + 11] }) do fields[#fields + 1] = part end
      end
      local run_us = tonumber(ARGV[at + 3])
      local output_bytes = to == 'succeeded' and tonumber(ARGV[at + 13]) or 0
      local used = {
        run_us = run_us,
        gpu_us = run_us * tonumber(ARGV[at + 12]),
        output_bytes = output_bytes,
        kept_bytes = output_bytes + #ARGV[at + 7] + #ARGV[at + 8] + #ARGV[at + 10],
        fields = fields,
      }
      local facts = { job[5], job[6], job[7], job[8], job[9], worker, job[10], job[11] }
      facts[12], facts[13], facts[14] = job[12], job[13], job[14]
      if to == 'succeeded' then facts[15], facts[16] = ARGV[at + 4], fence end
      finish(id, 'running', to, ARGV[at + 6], now, facts, used)
    end
  elseif string.find(ARGV[at + 4], '@', 1, true) and not (job[1] == 'succeeded' and job[2] == fence) then
    doom(id .. '.out-' .. fence, now) -- refused: this output is nobody's
  end
end

local issued = {}
if empty_handed then issued = hand_back_lost(worker, now) end

local turn = redis.call('HMGET', 'turn:' .. token, 'w', 't')
if turn[1] ~= worker then return { 'gone', 0, 0, issued, {}, 0 } end
local tenant, books = turn[2], books_of(token)

local claimed, bytes = {}, 0
while want > 0 and bytes < 1048576 do
  local id = redis.call('LPOP', 'pending:' .. version)
  if not id then break end
  local key = 'job:' .. id
  local job = redis.call('HMGET', key, 's', 'k', 'to', 'dl', 'a', 'f', 'ls', 'bt', 'ca')
  if job[1] == 'queued' then
    if job[4] and tonumber(job[4]) <= now then
      finish(id, 'queued', 'expired', '', now)
    elseif job[9] and tonumber(job[9]) <= now then
      finish(id, 'queued', 'canceled', '', now)
    else
      local attempt, fence = tonumber(job[5] or '0') + 1, tonumber(job[6] or '0') + 1
      redis.call('HSET', key, 's', 'running', 'b', now, 'w', worker, 'a', attempt, 'f', fence)
      redis.call('SADD', 'claims:' .. worker, id)
      tally(tenant, 'queued', -1)
      tally(tenant, 'running', 1)
      if job[4] then redis.call('ZREM', 'deadlines', id) end
      if job[7] then ring(id, job[7]) end
      if attempt == 1 then tell(id, 'running', tenant, now, false, job[8]) end
      local input = redis.call('GET', 'in:' .. id) or ''
      claimed[#claimed + 1] = { id, fence, job[2], job[3], input }
      bytes = bytes + (tonumber(string.match(job[2], '@(%d+)')) or #input)
      want = want - 1
    end
  end
end

local pending = redis.call('LLEN', 'pending:' .. version)
if #claimed == 0 and linger then
  redis.call('SADD', 'lingering:' .. version, worker)
else
  redis.call('SREM', 'lingering:' .. version, worker)
end
-- Asked for only where there is room: in its tenant's line the version would look like somebody else who waits.
if more and pending > 0 and room(tenant, now, books) > 0 then
  want_turn(tenant, version, books)
  for _, part in ipairs(issue_turns(tenant, now, books)) do issued[#issued + 1] = part end
end
local own = redis.call('LLEN', books .. 'waiting:' .. tenant)
local others = redis.call('LLEN', rq_queue) + own
if others > own then own = own + unbegun(tenant, books) end
return { 'ok', others, pending, issued, claimed, own }
