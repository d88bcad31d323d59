-- wrk's script: one POST for ever, every answer checked. Reads BENCH_BODY, BENCH_EXPECTED, BENCH_HEADERS
-- ("Name: value" lines) from the environment; prints one line "RESULT {json}" at the end.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  expected = os.getenv('BENCH_EXPECTED')
  answered, wrong, first_wrong = 0, 0, ''
  wrk.method = 'POST'
  wrk.body = os.getenv('BENCH_BODY')
  for name, value in string.gmatch(os.getenv('BENCH_HEADERS'), '([^\n:]+): ([^\n]+)') do
    wrk.headers[name] = value
  end
end

function response(status, headers, body)
  answered = answered + 1
  if status ~= 200 or not string.find(body, expected, 1, true) then
    wrong = wrong + 1
    if first_wrong == '' then first_wrong = status .. ' ' .. string.sub(body, 1, 200) end
  end
end

function done(summary, latency, requests)
  local answered, wrong, first = 0, 0, ''
  for _, thread in ipairs(threads) do
    answered = answered + thread:get('answered')
    wrong = wrong + thread:get('wrong')
    if first == '' then first = thread:get('first_wrong') end
  end
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    'RESULT {"answered": %d, "wrong": %d, "broken": %d, "seconds": %.6f, "p50_us": %d, "p99_us": %d, "first_wrong": "%s"}\n',
    answered, wrong, broken, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    string.gsub(first, '[^%w %p]', '?'):gsub('[\\"]', "'")))
end
