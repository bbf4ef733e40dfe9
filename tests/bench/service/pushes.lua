-- wrk sends each line of a file ("<query> <body>") once; its threads share the lines.
local threads = {}
function setup(thread)
  thread:set("own", #threads)
  table.insert(threads, thread)
end

local file
repeats = 0
local function line()
  local read = file:read("*l")
  if not read then
    repeats = repeats + 1
    file:seek("set", 0)
    read = file:read("*l")
  end
  return read
end

function init(arguments)
  file = io.open(arguments[1], "r")
  total = tonumber(arguments[2])
  path = arguments[3]
  for _ = 1, own do line() end
end

function request()
  local read = line()
  for _ = 2, total do line() end
  local space = read:find(" ", 1, true)
  return wrk.format("POST", path .. "?" .. read:sub(1, space - 1), {["Content-Type"] = "text/xml"}, read:sub(space + 1))
end

function done(summary, latency)
  local errors = summary.errors
  local again = 0
  for _, thread in ipairs(threads) do again = again + thread:get("repeats") end
  io.write(string.format("FIGURES %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.status + errors.connect + errors.read + errors.write + errors.timeout, again))
end
