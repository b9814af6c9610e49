-- Sends the requests of a file, one after the other: METHOD, path, and perhaps a JSON body, with tabs between.
local asked = {}
for line in io.lines(os.getenv("BENCH_REQUESTS")) do
  local method, path, body = line:match("^(%u+)\t([^\t]+)\t?(.*)$")
  asked[#asked + 1] = { method, path, body }
end
local accept = os.getenv("BENCH_ACCEPT")
local at = tonumber(os.getenv("BENCH_BEGIN")) % #asked

function request()
  at = at % #asked + 1
  local one = asked[at]
  local headers = { Accept = accept }
  if one[3] ~= "" then
    headers["Content-Type"] = "application/json"
    return wrk.format(one[1], one[2], headers, one[3])
  end
  return wrk.format(one[1], one[2], headers)
end

function done(summary, latency, _requests)
  local errors = summary.errors
  io.stderr:write(string.format(
    '{"requests": %d, "microseconds": %d, "failed": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
