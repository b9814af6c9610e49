-- Sends the requests of a file, one after the other: METHOD, path, and perhaps a body with its media type, with tabs
-- between; a body that begins with @ is in the file of that name.
local asked = {}
for line in io.lines(os.getenv("BENCH_REQUESTS")) do
  local method, path, kind, body = line:match("^(%u+)\t([^\t]+)\t?([^\t]*)\t?(.*)$")
  if body:sub(1, 1) == "@" then
    local file = io.open(body:sub(2), "rb")
    body = file:read("*a")
    file:close()
  end
  asked[#asked + 1] = { method, path, kind, body }
end
local accept = os.getenv("BENCH_ACCEPT")
local at = tonumber(os.getenv("BENCH_BEGIN")) % #asked

function request()
  at = at % #asked + 1
  local one = asked[at]
  local headers = { Accept = accept }
  if one[3] ~= "" then
    headers["Content-Type"] = one[3]
    return wrk.format(one[1], one[2], headers, one[4])
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
