-- Prepended to every script of this folder. Redis runs each script whole, so a script is one transaction.
--
-- Keys (one Redis, never a cluster: names are built here from ids, not passed in)
--   job:{id}            hash    the job; expires `keep` seconds after its end. Fields, short because there are millions:
--                               t tenant, m model, v version id, n version number, s state, c created ms, k input kind,
--                               to timeout s, dl deadline ms, hook webhook url, keep result seconds, wt API processes
--                               that wait for its end, a attempts, f fence, w worker, b begun ms, e ended ms,
--                               p predict us, et/em/eb/es error type/message/traceback/signal, lg logs, lt logs cut,
--                               ok output kind, ls API processes in which somebody follows it, ib input bytes,
--                               g gpus it was admitted for (no field: none), ca when it is canceled whatever its state
--                               ms. A kind that has been marked, as bytes@1048576 or json@1048576.2, says that the
--                               payload is in the blob store (store/payloads): its size, and the fence it was written
--                               under. A line of a batch has bt batch, li what the client calls it, and once it has ended kb bytes kept
--   in:{id}             string  the input; gone when the job ends; none where it is empty or in the blob store
--   out:{id}            string  the output; expires with the job; none where it is in the blob store
--   printed:{id}        stream  what a call that takes its time has printed so far: a attempt, f fence, t text; expires
--                               a few minutes after the end, so that who follows the job can find his place in its logs
--   pending:{version}   list    ids of queued jobs, oldest first; may hold ids that ended meanwhile: claim skips them
--   jobs:{tenant}       zset    ids of all jobs of a tenant, score 0: lexical order is order of birth
--   load:{tenant}       hash    queued, running: exact counters; in: bytes of inputs of jobs that have not ended;
--                               kept: bytes of ended jobs until they are forgotten; batches: open ones; conc, gpus:
--                               those quotas, last seen at admission; ev: what its webhook endpoints ask for together
--                               (EVENTS), seen likewise; no field: not known since the tenant changed (generations.py);
--                               run:{yyyymm}, gpu:{yyyymm}: us of computing in a month (UTC); month: the one last seen at
--                               admission, whose predecessors are dropped; tat: GCRA's theoretical arrival time, us
--   gen:{tenant}        string  generation: moves when key, quota or version of the tenant changes
--   idem:{tenant}:{key} string  fingerprint and job id of an idempotency key; expires after a day
--   turn:{token}        hash    v version, t tenant, w worker once begun
--   turns:{tenant}      set     tokens of turns outstanding
--   vturns:{version}    set     tokens of turns outstanding
--   waiting:{tenant}    list    versions that have work and wait for one of the tenant's turns
--   turns:issued        zset    tokens handed to RQ and not begun, by when they were issued or last seen in its queue
--   gpu_turns:{tenant}, gpu_waiting:{tenant}, gpu_turns:issued: the same three for turns on a GPU
--   active              zset    tenants by when they last had a turn outstanding, ms; those that have one come last
--   lingering:{version} set     workers that hold the version and have nothing to do
--   workers             zset    worker names by last heartbeat ms
--   workers:gpu         zset    those of them that own GPUs, by last heartbeat ms
--   devices             hash    worker name -> the GPUs it owns, comma-separated
--   faults              hash    worker name -> code of what keeps it from serving
--   claims:{worker}     set     ids of jobs running there
--   tokens:{worker}     set     tokens of turns begun there
--   deadlines           zset    ids of queued jobs by deadline ms
--   lifetimes           zset    ids of jobs that have not ended, by when they are canceled ms
--   ended               zset    "{tenant} {id} {bytes kept}" of ended jobs by the time their record expires, ms
--   ledger:open         hash    "{what} {day} {tenant} {model}": what ended since the ledger was last taken to the
--                               catalogue; days since 1970 in UTC; what: see charge()
--   ledger:page         hash    the same, closed and on its way there; id
--   batch:{id}          hash    a batch; expires `keep` seconds after its end: t tenant, m model, v version id, n version
--                               number, s state (running | canceling | completed | canceled), c created ms, e ended ms,
--                               total lines, next: first line not admitted, at: the byte it begins at, done: first line
--                               not among the results, succeeded/failed/canceled/expired lines, to timeout s, hook
--                               webhook url, keep result seconds, f fence, kept bytes of results,
--                               wf what it waits for, dl when lines that have not begun
--                               expire ms, ca when it is canceled ms (no field: never)
--   batch:{id}:results  list    "payload first end bytes": where the results are, in the order of the lines
--   batches:open        zset    ids of batches that have not ended, by when their holder's lease is over ms
--   batches:{tenant}    zset    ids of all batches of a tenant, score 0
--   webhooks:due        list    what has to be told by webhooks: "id event tenant ms url"; see store/deliveries
--   payloads:doomed     zset    names of payloads in the blob store by the time from which on nobody needs them, ms
--   stats               hash    queued (now), admitted, ended:{state}:{error type} (ever). What was admitted, has not
--                               ended and is not queued is running: that is not counted once more
-- Channels
--   ended:{api process}  a job somebody there waits for has ended
--   moved:{api process}  a job somebody there follows is in another state, or has printed: its id
--   wake:{worker}        the version it lingers on has work; with a job when it is claimed for it already
--   wake:any             a turn waits: whoever lingers looks whether to make room
--   cancel:{worker}      a job it runs was canceled

-- The one table of legal transitions. running -> queued is a claim handed back or taken back.
local NEXT = {
  queued = { running = true, canceled = true, expired = true },
  running = { queued = true, succeeded = true, failed = true, canceled = true },
}

-- What a webhook endpoint can ask for, by the state a job comes to; the bits are those of policies/events.py.
local EVENTS = { running = 1, succeeded = 2, failed = 4, canceled = 8, expired = 16, batch = 32 }
local EVERY_EVENT = 63

-- Whether endpoints of the tenant ask for what has happened. Where that isn't known the couriers look: they do so
-- anyway, and an endpoint that was made a moment ago is among those they find.
local listened = {}

local function listens(tenant, to)
  local asked = listened[tenant]
  if not asked then
    asked = tonumber(redis.call('HGET', 'load:' .. tenant, 'ev') or EVERY_EVENT)
    listened[tenant] = asked
  end
  return math.floor(asked / EVENTS[to]) % 2 == 1
end

-- Hand an event over to the couriers: `hook` is the job's own URL, which only ends are told to. Of a line of a batch
-- nobody is told but by its batch. In this step, so that there is no moment at which it has happened and nobody knows
-- that it has to be told.
local function tell(id, to, tenant, now, hook, line)
  if hook or (not line and listens(tenant, to)) then
    redis.call('RPUSH', 'webhooks:due', id .. ' ' .. to .. ' ' .. tenant .. ' ' .. now .. ' ' .. (hook or ''))
  end
end

-- Whole numbers are spelled out: Redis 7.2 writes a large round one as 1e+09, which is no integer to whoever reads it.
-- As integers, to the nearest: spelling a float takes five times as long, and a third of what a command takes.
local function whole(number)
  return string.format('%d', math.floor(number + 0.5))
end

-- Counters change many times in a script and are written once, at its end (see scripts.py): each hash in one command,
-- after one that reads it unless the script has noted here what it read itself. A command costs more than a field.
local tallies, read = {}, {}

local function bump(key, field, delta)
  local fields = tallies[key]
  if not fields then
    fields = {}
    tallies[key] = fields
  end
  fields[field] = (fields[field] or 0) + delta
end

-- Move a tenant's exact counter, and the whole engine's with it; see `stats` for what runs.
local function tally(tenant, what, delta)
  bump('load:' .. tenant, what, delta)
  if what == 'queued' then bump('stats', what, delta) end
end

-- The month of a moment in UTC as yyyymm: https://howardhinnant.github.io/date_algorithms.html#civil_from_days
local months = {}

local function month_of(ms)
  local floor = math.floor
  local day = floor(ms / 86400000)
  if months[day] then return months[day] end
  local z = day + 719468
  local era = floor(z / 146097)
  local doe = z - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local mp = floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  months[day] = string.format('%04d%02d', yoe + era * 400 + (month <= 2 and 1 or 0), month)
  return months[day]
end

-- Write an ended job into its tenant's month and into the ledger's line of the day, tenant and model.
local function charge(tenant, model, outcome, now, input_bytes, used)
  local line = ' ' .. whole(math.floor(now / 86400000)) .. ' ' .. tenant .. ' ' .. model
  bump('ledger:open', outcome .. line, 1)
  bump('ledger:open', 'in' .. line, input_bytes)
  bump('ledger:open', 'out' .. line, used.output_bytes)
  if used.run_us > 0 then
    bump('ledger:open', 'run' .. line, used.run_us)
    bump('load:' .. tenant, 'run:' .. month_of(now), used.run_us)
  end
  if used.gpu_us > 0 then
    bump('ledger:open', 'gpu' .. line, used.gpu_us)
    bump('load:' .. tenant, 'gpu:' .. month_of(now), used.gpu_us)
  end
end

local MOST_FIELDS = 1000  -- in one command: Lua's stack is finite

local function add_up(key, names, fields)
  if #names == 0 then return end
  local seen = read[key]
  for _, name in ipairs(names) do
    if seen and seen[name] == nil then seen = nil end
  end
  if #names == 1 and not seen then
    redis.call('HINCRBY', key, names[1], whole(fields[names[1]]))
    return
  end
  local found, sums = not seen and redis.call('HMGET', key, unpack(names)), {}
  for i, name in ipairs(names) do
    sums[2 * i - 1] = name
    sums[2 * i] = whole(tonumber((seen or found)[seen and name or i] or '0') + fields[name])
  end
  redis.call('HSET', key, unpack(sums))
end

local function flush()
  for key, fields in pairs(tallies) do
    local names = {}
    for field, delta in pairs(fields) do
      if delta ~= 0 then names[#names + 1] = field end
      if #names == MOST_FIELDS then
        add_up(key, names, fields)
        names = {}
      end
    end
    add_up(key, names, fields)
  end
end

local function now_us()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

local function now_ms()
  return math.floor(now_us() / 1000)
end

local function legal(from, to)
  return NEXT[from] ~= nil and NEXT[from][to] == true
end

-- Strings as an array in Redis's own wire format, which both sides read with the parser they have; false is nil.
local function wire(values)
  local parts = { '*' .. #values .. '\r\n' }
  for i = 1, #values do
    local value = values[i]
    parts[i + 1] = value and ('$' .. #value .. '\r\n' .. value .. '\r\n') or '$-1\r\n'
  end
  return table.concat(parts)
end

-- Everything an API process needs to answer, so that it does not have to read: the id, the fields in the order of
-- codec.py's ANNOUNCED, and the output (false: none) unless it is large. `told` are these, where the script has them.
local function announce(id, waiters, told)
  if not told then
    told = redis.call('HMGET', 'job:' .. id, 't', 'm', 'v', 'n', 's', 'c', 'b', 'e', 'a', 'p',
      'et', 'em', 'eb', 'es', 'lg', 'lt', 'ok')
    told[18] = told[5] == 'succeeded' and redis.call('GET', 'out:' .. id)
  end
  local values = { id }
  for i = 1, 17 do values[i + 1] = told[i] or '' end
  values[19] = told[18] and #told[18] <= 65536 and told[18] or false
  local message = wire(values)
  for name in string.gmatch(waiters, '%S+') do
    redis.call('PUBLISH', 'ended:' .. name, message)
  end
end

-- Tell the API processes in which somebody follows the job to look at it again.
local function ring(id, listeners)
  for name in string.gmatch(listeners, '%S+') do redis.call('PUBLISH', 'moved:' .. name, id) end
end

-- What a job that ended by itself used is in its outcome. One that was canceled while it ran has none, and is charged
-- the time since it was claimed, at most its time-out.
local function used_by(from, to, now, begun, timeout, gpus)
  local run_us = 0
  if from == 'running' and to == 'canceled' then
    run_us = math.max(0, math.min(now - tonumber(begun or now), tonumber(timeout) * 1000)) * 1000
  end
  return { run_us = run_us, gpu_us = run_us * tonumber(gpus or '0'), output_bytes = 0, kept_bytes = 0 }
end

local LONG_US = 100000  -- a call that takes longer may have told what it printed (sandbox/live_text.py)
local PRINTED_MS = 300000  -- how long that is kept after the end: the record has it then

local RECORD_BYTES = 512  -- what an ended job takes at the least, for the quota `kept_bytes`

-- How far a tenant is from its rate, by GCRA with bursts of a tenth of a minute's worth.
-- https://www.itu.int/rec/T-REC-I.371 (virtual scheduling). `tat` is what load:{tenant} says.
local function rate_of(per_minute, tat, us)
  local interval = per_minute >= 1 and 60000000 / per_minute or 60000000
  local tolerance = interval * math.max(1, per_minute / 10)
  local arrival = math.max(tonumber(tat or '0'), us)
  -- Further ahead than one quota ever gets: spent under a lower one. The next job finds a place at once.
  if arrival > us + tolerance + 1 then arrival = us + tolerance - interval end
  return { may = per_minute >= 1, interval = interval, tolerance = tolerance, arrival = arrival, us = us }
end

-- Append a tenant's standing, once the next arrival is `arrived`: jobs that may follow at once, us until there may be
-- one more, how many more may queue.
local function add_standing(answer, rate, arrived, room)
  local ahead = arrived - rate.us
  local left = math.floor(math.max(0, rate.tolerance - ahead) / rate.interval + 1e-6)
  local at = #answer
  answer[at + 1] = rate.may and left or 0
  answer[at + 2] = whole(math.max(0, ahead + rate.interval * (left + 1) - rate.tolerance))
  answer[at + 3] = math.max(0, room)
  return answer
end

-- Have payloads deleted from the blob store, now or in a while.
local function doom(name, at_ms)
  redis.call('ZADD', 'payloads:doomed', at_ms, name)
end

-- What else an end brings with it: an input in the blob store is not needed any more, an output for as long as its job.
-- A line of a batch counts there, and remembers what it keeps, for the script that collects it.
local function wind_up(id, to, now, keep_ms, input_kind, output_kind, fence, batch, kept)
  if input_kind and string.find(input_kind, '@', 1, true) then doom(id .. '.in', now) end
  if output_kind and string.find(output_kind, '@', 1, true) then doom(id .. '.out-' .. fence, now + keep_ms) end
  if batch then
    bump('batch:' .. batch, to, 1)
    redis.call('HSET', 'job:' .. id, 'kb', kept)
  end
end

-- What of a job's record its end is made from, in the order in which finish() takes it.
local RECORD = { 't', 'keep', 'hook', 'wt', 'dl', 'w', 'ib', 'm', 'b', 'to', 'g', 'bt', 'ca', 'k', 's', 'f', 'a', 'v', 'n',
  'c' }

-- Give a job its one terminal state. The caller has checked that the transition is legal and written
-- what belongs to it (output, error); `from` is the state the job is in; `job` its RECORD where the caller has read it;
-- `used` what its outcome says it used (see used_by), kept_bytes being what is stored of that outcome; fields of the
-- record that are written along, of a success the output's kind, and what is to be announced (see announce).
-- Removes before it adds: a script that has written is not stopped when Redis is full, so canceling works even then.
-- With `later` what is the same for many jobs is noted there, and done for all of them by wind_up_all().
local function finish(id, from, to, error_type, now, job, used, later)
  local key = 'job:' .. id
  job = job or redis.call('HMGET', key, unpack(RECORD))
  used = used or used_by(from, to, now, job[9], job[10], job[11])
  local tenant, keep_ms, input_bytes = job[1], tonumber(job[2]) * 1000, tonumber(job[7] or '0')
  if not later then redis.call('DEL', 'in:' .. id) end
  if used.run_us >= LONG_US then redis.call('PEXPIRE', 'printed:' .. id, math.min(keep_ms, PRINTED_MS)) end
  redis.call('HSET', key, 's', to, 'e', whole(now), unpack(used.fields or {}))
  redis.call('PEXPIRE', key, whole(keep_ms))
  local kept, over = whole(RECORD_BYTES + used.kept_bytes), whole(now + keep_ms)
  local entry = tenant .. ' ' .. id .. ' ' .. kept
  tally(tenant, from, -1)
  bump('load:' .. tenant, 'in', -input_bytes)
  bump('load:' .. tenant, 'kept', tonumber(kept))
  bump('stats', 'ended:' .. to .. ':' .. error_type, 1)
  charge(tenant, job[8] or '', error_type == 'platform' and 'platform' or to, now, input_bytes, used)
  if job[5] then redis.call('ZREM', 'deadlines', id) end
  if job[13] then redis.call('ZREM', 'lifetimes', id) end
  if later then
    later.inputs[#later.inputs + 1] = 'in:' .. id
    later.claims[#later.claims + 1] = id
    later.ended[#later.ended + 1] = over
    later.ended[#later.ended + 1] = entry
  else
    redis.call('ZADD', 'ended', over, entry)
    if from == 'running' and job[6] then redis.call('SREM', 'claims:' .. job[6], id) end
  end
  tell(id, to, tenant, now, job[3], job[12])
  wind_up(id, to, now, keep_ms, job[14], used.output_kind, job[16], job[12], kept)
  if job[4] then announce(id, job[4], used.told) end
end

-- What finish() noted of jobs that one worker held.
local function wind_up_all(later, worker)
  if #later.claims == 0 then return end
  redis.call('DEL', unpack(later.inputs))
  redis.call('ZADD', 'ended', unpack(later.ended))
  redis.call('SREM', 'claims:' .. worker, unpack(later.claims))
end

-- A run that ends without an outcome has its logs from what was heard while it ran. Returns their bytes.
local function keep_printed(id)
  redis.call('PEXPIRE', 'printed:' .. id, PRINTED_MS) -- writes first: see finish()
  local entries = redis.call('XRANGE', 'printed:' .. id, '-', '+')
  if #entries == 0 then return 0 end
  local fence, texts = redis.call('HGET', 'job:' .. id, 'f'), {}
  for _, entry in ipairs(entries) do
    local fields = entry[2]
    if fields[4] == fence then texts[#texts + 1] = fields[6] end
  end
  local text = table.concat(texts)
  if text ~= '' then redis.call('HSET', 'job:' .. id, 'lg', text) end
  return #text
end

-- Cancel a job that has not ended. A running one is canceled at once: its worker is told to kill the sandbox, and
-- whatever it still reports is refused by the state.
local function cancel_now(id, state, worker, now)
  local used
  if state == 'running' then
    local run = redis.call('HMGET', 'job:' .. id, 'b', 'to', 'g')
    used = used_by(state, 'canceled', now, run[1], run[2], run[3])
    used.kept_bytes = keep_printed(id)
  end
  finish(id, state, 'canceled', '', now, nil, used)
  if state == 'running' then redis.call('PUBLISH', 'cancel:' .. worker, id) end
end

-- Turns on a GPU have books of their own, under this prefix, and tokens that begin with it: they count against
-- another quota and wait for other workers. Everything else about them is the same.
local GPU = 'gpu_'

-- The books a turn is in, by its token.
local function books_of(token)
  return string.sub(token, 1, #GPU) == GPU and GPU or ''
end

-- Put a running job back at the front of its queue. `free`: it was never started, so the attempt does not count.
local function hand_back(id, free)
  local key = 'job:' .. id
  local job = redis.call('HMGET', key, 't', 'v', 'w', 'dl', 'ls')
  if job[4] then redis.call('ZADD', 'deadlines', job[4], id) end
  if job[5] then ring(id, job[5]) end
  if free then redis.call('HINCRBY', key, 'a', -1) end
  redis.call('HSET', key, 's', 'queued')
  redis.call('HDEL', key, 'b', 'w')
  redis.call('SREM', 'claims:' .. job[3], id)
  tally(job[1], 'running', -1)
  tally(job[1], 'queued', 1)
  redis.call('LPUSH', 'pending:' .. job[2], id)
end

local function fail_platform(id, message, now)
  local printed_bytes = keep_printed(id)
  redis.call('HSET', 'job:' .. id, 'et', 'platform', 'em', message)
  -- Nothing is charged: the fault is ours.
  local used = { run_us = 0, gpu_us = 0, output_bytes = 0, kept_bytes = #message + printed_bytes }
  finish(id, 'running', 'failed', 'platform', now, nil, used)
end

-- Remember that a version wants a turn, once; before its tenant's others if its last one was cut off.
local function want_turn(tenant, version, books, first)
  if not redis.call('LPOS', books .. 'waiting:' .. tenant, version) then
    redis.call(first and 'LPUSH' or 'RPUSH', books .. 'waiting:' .. tenant, version)
  end
end

local COMPANY_MS, ALWAYS = 15000, 9e15

-- How many turns one tenant may have while others are about: it leaves them a worker, where there are two or more.
-- Slow jobs can't be interrupted, and a worker that stays with a light tenant has its sandbox warm.
local function shared(tenant, now, books)
  local workers = redis.call('ZCARD', 'workers:gpu')
  if books ~= GPU then workers = redis.call('ZCARD', 'workers') - workers end
  if workers < 2 then return ALWAYS end
  local last = redis.call('ZREVRANGE', books .. 'active', 0, 1, 'WITHSCORES')
  for i = 1, #last, 2 do
    if last[i] ~= tenant and tonumber(last[i + 1]) >= now - COMPANY_MS then return workers - 1 end
  end
  return ALWAYS
end

-- How many more turns the tenant may have outstanding. A turn on a GPU holds one.
local function room(tenant, now, books)
  local quota = books == GPU and (redis.call('HGET', 'load:' .. tenant, 'gpus') or '0')
    or (redis.call('HGET', 'load:' .. tenant, 'conc') or '1')
  local outstanding = redis.call('SCARD', books .. 'turns:' .. tenant)
  return math.min(tonumber(quota), shared(tenant, now, books)) - outstanding
end

-- How many of a tenant's turns wait in RQ.
local function unbegun(tenant, books)
  local count = 0
  for _, token in ipairs(redis.call('SMEMBERS', books .. 'turns:' .. tenant)) do
    if redis.call('HEXISTS', 'turn:' .. token, 'w') == 0 then count = count + 1 end
  end
  return count
end

-- Turn the tenant's oldest wishes into turns while its concurrency allows. Returns {version, token, ...}:
-- the caller hands each to RQ. A turn that never reaches RQ is found by reap through turns:issued.
local function issue_turns(tenant, now, books)
  local issued = {}
  local left = room(tenant, now, books)
  while left > 0 do
    local version = redis.call('LPOP', books .. 'waiting:' .. tenant)
    if not version then break end
    if redis.call('LLEN', 'pending:' .. version) > 0 then
      local token = books .. 'trn_' .. version .. '_' .. redis.call('INCR', 'turns:serial')
      redis.call('HSET', 'turn:' .. token, 'v', version, 't', tenant)
      redis.call('SADD', books .. 'turns:' .. tenant, token)
      redis.call('SADD', 'vturns:' .. version, token)
      redis.call('ZADD', books .. 'turns:issued', now, token)
      issued[#issued + 1] = version
      issued[#issued + 1] = token
      left = left - 1
    end
  end
  if #issued > 0 then redis.call('ZADD', books .. 'active', ALWAYS, tenant) end
  return issued
end

-- Whatever a worker holds in Redis while it holds nothing itself goes back: the message that handed it over, or
-- the reply to its claim, was lost on the way. Returns turns for RQ, and how many jobs.
local function hand_back_lost(worker, now)
  if redis.call('SCARD', 'claims:' .. worker) == 0 then return {}, 0 end
  local issued, ids = {}, redis.call('SMEMBERS', 'claims:' .. worker)
  for _, id in ipairs(ids) do
    local job = redis.call('HMGET', 'job:' .. id, 's', 'w', 't', 'v', 'g')
    if job[1] == 'running' and job[2] == worker then
      hand_back(id, true)
      if redis.call('SCARD', 'vturns:' .. job[4]) == 0 then
        local books = job[5] and GPU or ''
        want_turn(job[3], job[4], books)
        for _, part in ipairs(issue_turns(job[3], now, books)) do issued[#issued + 1] = part end
      end
    end
  end
  redis.call('DEL', 'claims:' .. worker)
  return issued, #ids
end

-- Take a turn off the books and let what waits have its place; the version itself, if the turn was cut off.
local function drop_turn(token, now, cut_off)
  local turn = redis.call('HMGET', 'turn:' .. token, 'v', 't', 'w')
  if not turn[1] then return {} end
  local books = books_of(token)
  redis.call('DEL', 'turn:' .. token)
  redis.call('SREM', books .. 'turns:' .. turn[2], token)
  redis.call('SREM', 'vturns:' .. turn[1], token)
  redis.call('ZREM', books .. 'turns:issued', token)
  if turn[3] then
    redis.call('SREM', 'tokens:' .. turn[3], token)
    redis.call('SREM', 'lingering:' .. turn[1], turn[3])
  end
  if redis.call('LLEN', 'pending:' .. turn[1]) > 0 and redis.call('SCARD', 'vturns:' .. turn[1]) == 0 then
    want_turn(turn[2], turn[1], books, cut_off)
  end
  local issued = issue_turns(turn[2], now, books)
  if #issued == 0 and redis.call('SCARD', books .. 'turns:' .. turn[2]) == 0 then
    redis.call('ZADD', books .. 'active', now, turn[2])
  end
  return issued
end

-- A turn begins in a worker's hands.
local function start_turn(token, worker, now)
  -- A worker that was taken for dead and has not beaten since is watched again from now on: should it die before
  -- it beats, nobody would look for this turn.
  redis.call('ZADD', 'workers', 'NX', now, worker)
  redis.call('HSET', 'turn:' .. token, 'w', worker)
  redis.call('ZREM', books_of(token) .. 'turns:issued', token)
  redis.call('SADD', 'tokens:' .. worker, token)
end
