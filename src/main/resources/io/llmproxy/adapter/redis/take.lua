-- Takes of all counters, or of none. KEYS: the leases, then one key for each charge.
-- ARGV[1]: {time or 0, process, then for each charge: kind, hard, amount, asked, period, segments, start, end}
-- Returns packed {1, now, then for each: left, micros until drained, passed, stamp}, or {0, now, charge from 0, left, micros to wait},
-- or {2, now} where a window of the calendar that the caller named is not the present one.
local a = cmsgpack.unpack(ARGV[1])
local now = clock(a[1])
local me = a[2]
local count = #KEYS - 1
local out = {1, now}
local states = {}
local raws = redis.call('MGET', unpack(KEYS, 2))
for i = 1, count do
  local b = 8 * i - 6
  local kind, hard, amount, ask = a[b + 1], a[b + 2], a[b + 3], a[b + 4]
  local period, segments, s, e = a[b + 5], a[b + 6], a[b + 7], a[b + 8]
  if kind == WINDOW and (now < s or now >= e) then
    return cmsgpack.pack({2, now})
  end
  local st, before
  if kind == RUNNING then
    before = running(KEYS[i + 1], KEYS[1], me, now)
  else
    st = state(kind, raws[i], amount, period, segments, s, e, now)
    before = used(kind, st)
  end
  local after = before + ask
  local passed = after > amount
  if passed and hard == 1 then
    local wait = kind == RUNNING and 1 or waiting(kind, st, ask, amount, period, segments, now)
    return cmsgpack.pack({0, now, i - 1, math.max(0, amount - before), wait})
  end
  local stamp
  if kind == SLIDING then
    st[segments + 1] = math.min(MOST, st[segments + 1] + ask)
    stamp = st[1]
  elseif kind == BUCKET then
    st[1] = math.min(MOST, after)
    stamp = now
  elseif kind == RUNNING then
    stamp = 0
  else
    st[3] = math.min(MOST, after)
    stamp = st[1]
  end
  states[i] = st
  local o = 4 * i - 2
  out[o + 1] = math.max(0, amount - after)
  out[o + 2] = kind == RUNNING and 1 or drained(kind, st, amount, period, segments, now)
  out[o + 3] = passed and 1 or 0
  out[o + 4] = stamp
end
for i = 1, count do
  local b = 8 * i - 6
  if a[b + 4] > 0 then
    if states[i] then
      keep(KEYS[i + 1], a[b + 1], states[i], a[b + 3], a[b + 5], a[b + 6], now)
    else
      redis.call('HINCRBY', KEYS[i + 1], me, a[b + 4])
      redis.call('PEXPIRE', KEYS[i + 1], DAY_MS)
    end
  end
end
return cmsgpack.pack(out)
