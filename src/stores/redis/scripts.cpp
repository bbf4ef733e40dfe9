#include "stores/redis/scripts.hpp"

#include <kefu/core/store.hpp>

#include <initializer_list>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

// What the store holds, under seven keys of the server: `entries` and `leases` (hashes), `names` (the keys of the
// entries, in the order of their bytes), `ends` and `lease-ends` (what expires, by its end), `number` (the source of
// generations and fences) and `format`. What stands under a name is "k2:<number>:<end>:<value>": generation or fence,
// microseconds since 1970 or 0, then the value or the owner. None of our keys has a time to live at the server: it
// would end them by its own rules.
//
// Redis does not take back what a script did before it failed. So each one reads everything, which also shows keys of
// another type, before it writes anything; rights are asked for when a connection is made, and room and readiness to
// write are what the server checks before it begins (Redis 7, scripts with a first line).
constexpr std::string_view kBegin = R"(
local entries, names, ends, leases, lease_ends, number, format = unpack(KEYS)
local function damaged() return redis.error_reply('KEFUDAMAGED data') end
local function digits(value) return string.format('%.0f', value) end
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
local info = redis.call('INFO', 'replication')
if not string.find(info, 'role:master', 1, true) then
  return redis.error_reply('READONLY it is a replica')
end
local server_id = string.match(info, 'master_replid:(%x+)') or ''
)";

// Of a raw value: its number, its end, and where the value begins.
constexpr std::string_view kOpen = R"(
local made, known_id = unpack(redis.call('HMGET', format, 'format', 'server'))
if not made then return redis.error_reply('KEFUGONE store') end
if made ~= '2' and made ~= '3' then return redis.error_reply('KEFUFORMAT newer') end
local now = tonumber(ARGV[1]) or clock()
local function head(raw)
  local drawn, over, from = string.match(raw, '^k2:(%d+):(%d+):()')
  return drawn, tonumber(over), from
end
)";
static_assert(Store::kFormat == 2, "the texts above and below say the same");

// A server that was promoted, or restarted without its last moments, does not know every number that was given out; it
// has another replication id. Then numbers go on at its clock in microseconds, which is past all that were given out,
// as nobody commits a million times a second; also two replicas of one state, promoted in turn, go on at different
// places. If the clock is behind, a million of them are left out.
constexpr std::string_view kDraw = R"(
local function draw()
  local last = redis.call('GET', number)
  if not last or not string.match(last, '^%d+$') then return nil end
  if server_id ~= known_id then
    redis.call('SET', number, digits(math.max(tonumber(last) + 1048576, clock())))
    redis.call('HSET', format, 'server', server_id)
  end
  return digits(redis.call('INCR', number))
end
local function sweep(hash, index, order, most)
  local over = redis.call('ZRANGEBYSCORE', index, '-inf', digits(now), 'LIMIT', '0', most)
  if #over > 0 then
    redis.call('HDEL', hash, unpack(over))
    redis.call('ZREM', index, unpack(over))
    if order then redis.call('ZREM', order, unpack(over)) end
  end
  return #over
end
)";

constexpr std::string_view kLook = R"(
local needs = {
  {'HMGET', entries, 'k'}, {'HSET', entries, 'k', 'v'}, {'HDEL', entries, 'k'}, {'ZADD', names, '0', 'k'},
  {'ZREM', names, 'k'}, {'ZCARD', names}, {'ZRANGEBYLEX', names, '-', '+'}, {'ZRANGEBYSCORE', ends, '0', '0'},
  {'HGET', leases, 'k'}, {'GET', number}, {'SET', number, '0'}, {'INCR', number}, {'EXISTS', format}, {'TIME'}}
for _, need in ipairs(needs) do
  if not redis.acl_check_cmd(unpack(need)) then return redis.error_reply('NOPERM ' .. need[1]) end
end
redis.call('HGET', entries, 'k')
redis.call('HGET', leases, 'k')
redis.call('HGET', format, 'k')
redis.call('GET', number)
for _, set in ipairs({names, ends, lease_ends}) do redis.call('ZCARD', set) end
if redis.call('EXISTS', format) == 0 then return redis.error_reply('KEFUGONE store') end
)";

constexpr std::string_view kMake = R"(
if redis.call('EXISTS', format) == 1 then return 0 end
if redis.call('EXISTS', entries, names, ends, leases, lease_ends, number) > 0 then return damaged() end
redis.call('SET', number, digits(clock()))
redis.call('HSET', format, 'format', '2', 'server', server_id)
return 1
)";

constexpr std::string_view kRead = R"(
if #ARGV < 2 then return {digits(now), {}} end
return {digits(now), redis.call('HMGET', entries, unpack(ARGV, 2))}
)";

// Looks at no more than 4096 names, so that many expired ones keep nobody waiting.
constexpr std::string_view kList = R"(
local first, most, most_bytes, keys_only = ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6] == '1'
local found, count, bytes, last, seen, step = {}, 0, 0, '', 0, 32
repeat
  local some = redis.call('ZRANGEBYLEX', names, first, ARGV[3], 'LIMIT', '0', step)
  local raws = #some > 0 and redis.call('HMGET', entries, unpack(some)) or {}
  for i, name in ipairs(some) do
    if not raws[i] then return damaged() end
    local drawn, over, from = head(raws[i])
    if not drawn then return damaged() end
    if over == 0 or over > now then
      local size = #name + (keys_only and 0 or #raws[i] - from + 1)
      if count == most or (count > 0 and bytes + size > most_bytes) then return {found, '1', last} end
      count, bytes = count + 1, bytes + size
      found[#found + 1] = name
      found[#found + 1] = keys_only and string.sub(raws[i], 1, from - 1) or raws[i]
    end
    last = name
  end
  seen = seen + #some
  first = '(' .. last
until #some < step or seen >= 4096
return {found, seen >= 4096 and '1' or '0', last}
)";

constexpr std::string_view kCommit = R"(
local wanted, held, ending = {}, {}, {}
for at = 3, #ARGV, 4 do wanted[#wanted + 1] = ARGV[at] end
if #wanted > 0 then held = redis.call('HMGET', entries, unpack(wanted)) end
redis.call('ZCARD', names)
redis.call('ZCARD', ends)
for i = 1, #wanted do
  local generation = '0'
  if held[i] then
    local drawn, over = head(held[i])
    if not drawn then return damaged() end
    ending[i] = over > 0
    if over == 0 or over > now then generation = drawn end
  end
  if generation ~= ARGV[4 * i] then return {'0', digits(i - 1)} end
end
if #wanted == 0 then return {'1', digits(sweep(entries, ends, names, ARGV[2]))} end
local generation = draw()
if not generation then return damaged() end
local put, named, ended, kept, gone = {}, {}, {}, {}, {}
for i, key in ipairs(wanted) do
  local life, over = ARGV[4 * i + 1], '0'
  if life == '-' then
    if held[i] then gone[#gone + 1] = key end
  else
    if life ~= '' then
      over = digits(now + tonumber(life) * 1000)
      ended[#ended + 1] = over
      ended[#ended + 1] = key
    end
    put[#put + 1] = key
    put[#put + 1] = 'k2:' .. generation .. ':' .. over .. ':' .. ARGV[4 * i + 2]
    if not held[i] then
      named[#named + 1] = '0'
      named[#named + 1] = key
    end
  end
  if ending[i] and over == '0' then kept[#kept + 1] = key end
end
if #put > 0 then redis.call('HSET', entries, unpack(put)) end
if #named > 0 then redis.call('ZADD', names, unpack(named)) end
if #ended > 0 then redis.call('ZADD', ends, unpack(ended)) end
if #kept > 0 then redis.call('ZREM', ends, unpack(kept)) end
if #gone > 0 then
  redis.call('HDEL', entries, unpack(gone))
  redis.call('ZREM', names, unpack(gone))
end
sweep(entries, ends, names, ARGV[2])
return {'1', generation}
)";

// Whoever asks again and again for a lease that is held writes nothing.
constexpr std::string_view kLease = R"(
redis.call('ZCARD', lease_ends)
local key, owner, fence = ARGV[2], ARGV[3], nil
local raw = redis.call('HGET', leases, key)
if raw then
  local drawn, over, from = head(raw)
  if not drawn then return damaged() end
  if over > now then
    if string.sub(raw, from) ~= owner then return false end
    fence = drawn
  end
end
if not fence then
  fence = draw()
  if not fence then return damaged() end
  sweep(leases, lease_ends, nil, '16')
end
local over = digits(now + tonumber(ARGV[4]) * 1000)
redis.call('HSET', leases, key, 'k2:' .. fence .. ':' .. over .. ':' .. owner)
redis.call('ZADD', lease_ends, over, key)
return {fence, over}
)";

constexpr std::string_view kRelease = R"(
redis.call('ZCARD', lease_ends)
local raw = redis.call('HGET', leases, ARGV[2])
if not raw then return 0 end
local drawn, over, from = head(raw)
if not drawn then return damaged() end
if drawn ~= ARGV[4] or string.sub(raw, from) ~= ARGV[3] then return 0 end
redis.call('HDEL', leases, ARGV[2])
redis.call('ZREM', lease_ends, ARGV[2])
return 1
)";

constexpr std::string_view kReads = "#!lua flags=no-writes,allow-oom";
constexpr std::string_view kFrees = "#!lua flags=allow-oom";  ///< Also leases: few, and needed to end what is full.
constexpr std::string_view kWrites = "#!lua";

std::string script_of(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

}  // namespace

const std::vector<std::string>& redis_scripts() {
  static const std::vector<std::string> scripts{
      script_of({kReads, kBegin, kLook}),
      script_of({kFrees, kBegin, kMake}),
      script_of({kReads, kBegin, kOpen, kRead}),
      script_of({kReads, kBegin, kOpen, kList}),
      script_of({kWrites, kBegin, kOpen, kDraw, kCommit}),
      script_of({kFrees, kBegin, kOpen, kDraw, kCommit}),
      script_of({kFrees, kBegin, kOpen, kDraw, kLease}),
      script_of({kFrees, kBegin, kOpen, kRelease}),
  };
  return scripts;
}

std::vector<std::string> redis_keys(const std::string& prefix) {
  std::vector<std::string> keys;
  for (const char* name : {"entries", "names", "ends", "leases", "lease-ends", "number", "format"}) {
    keys.push_back("{" + prefix + "}:" + name);
  }
  return keys;
}

}  // namespace detail
KEFU_END_NAMESPACE
