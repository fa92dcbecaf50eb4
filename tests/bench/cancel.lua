-- Cancels each session of a file once; each of wrk's threads takes its own share. Without a file, always the same path.
local ids, thread_count, threads = {}, 0, {}

function setup(thread)
  thread:set("number", thread_count)
  thread_count = thread_count + 1
  table.insert(threads, thread)
end

function init(args)
  refused, position = 0, number
  if args[1] then
    for line in io.lines(args[1]) do table.insert(ids, line) end
  end
  wrk.method = "POST"
  wrk.headers["Authorization"] = "Bearer t9k_test_bench"
end

function request()
  local id = "ps_1"
  if #ids > 0 then
    position = position + 1
    id = ids[position] or "none_left"
  end
  return wrk.format(nil, "/api/v1/payment/sessions/" .. id .. "/cancel")
end

function response(status)
  if status ~= 200 then refused = refused + 1 end
end

function done(summary, latency)
  local refused_sum = 0
  for _, thread in ipairs(threads) do refused_sum = refused_sum + thread:get("refused") end
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, refused_sum,
    latency:percentile(50), latency:percentile(99)))
end
