-- Takes for several requests, one after the other: each takes of all its counters, or of none. KEYS: the leases, then the counters.
-- ARGV[1]: {time or 0, process, then for each counter: kind, hard, amount, period, segments, start, end; then for each request: how
-- many charges it has, and for each of these: which counter, from 1, and what is asked of it}
-- Returns packed {now, then for each request: 1, and for each charge: left, micros until drained, passed, stamp; or 0, charge from 0,
-- left, micros to wait; or 2 where a window of the calendar that the caller named is not the present one}.
local a = cmsgpack.unpack(ARGV[1])
local now = clock(a[1])
local me = a[2]
local count = #KEYS - 1
local states, before, wrong, asked = {}, {}, {}, {}
local raws = redis.call('MGET', unpack(KEYS, 2))
for i = 1, count do
  local b = 7 * i - 5
  local kind, amount, period, segments, s, e = a[b + 1], a[b + 3], a[b + 4], a[b + 5], a[b + 6], a[b + 7]
  asked[i] = 0
  if kind == RUNNING then
    before[i] = running(KEYS[i + 1], KEYS[1], me, now)
  elseif kind == WINDOW and (now < s or now >= e) then
    wrong[i] = true
  else
    local st = state(kind, raws[i], amount, period, segments, s, e, now)
    states[i] = st
    before[i] = used(kind, st)
  end
end

-- {verdict} and what else is answered where a charge cannot be taken; nil where all can
local function refusal(at, charges)
  for c = 0, charges - 1 do
    local i, ask = a[at + 2 * c], a[at + 2 * c + 1]
    if wrong[i] then
      return {2}
    end
    local b = 7 * i - 5
    local amount = a[b + 3]
    if before[i] + ask > amount and a[b + 2] == 1 then
      local kind = a[b + 1]
      local wait = kind == RUNNING and 1 or waiting(kind, states[i], ask, amount, a[b + 4], a[b + 5], now)
      return {0, c, math.max(0, amount - before[i]), wait}
    end
  end
end

local out, o = {now}, 1
local at, size = 7 * count + 3, #a
while at <= size do
  local charges = a[at]
  at = at + 1
  local no = refusal(at, charges)
  if no then
    for i = 1, #no do
      out[o + i] = no[i]
    end
    o = o + #no
  else
    o = o + 1
    out[o] = 1
    for c = 0, charges - 1 do
      local i, ask = a[at + 2 * c], a[at + 2 * c + 1]
      local b = 7 * i - 5
      local kind, amount, segments, st = a[b + 1], a[b + 3], a[b + 5], states[i]
      local after = math.min(MOST, before[i] + ask)
      local stamp = 0
      if kind == SLIDING then
        st[segments + 1] = math.min(MOST, st[segments + 1] + ask)
        stamp = st[1]
      elseif kind == BUCKET then
        st[1] = after
        stamp = now
      elseif kind ~= RUNNING then
        st[3] = after
        stamp = st[1]
      end
      out[o + 1] = math.max(0, amount - after)
      out[o + 2] = kind == RUNNING and 1 or drained(kind, st, amount, a[b + 4], segments, now)
      out[o + 3] = before[i] + ask > amount and 1 or 0
      out[o + 4] = stamp
      o = o + 4
      before[i] = after
      asked[i] = asked[i] + ask
    end
  end
  at = at + 2 * charges
end
for i = 1, count do
  if asked[i] > 0 then
    local b = 7 * i - 5
    if states[i] then
      keep(KEYS[i + 1], a[b + 1], states[i], a[b + 3], a[b + 4], a[b + 5], now)
    else
      redis.call('HINCRBY', KEYS[i + 1], me, asked[i])
      redis.call('PEXPIRE', KEYS[i + 1], DAY_MS)
    end
  end
end
return cmsgpack.pack(out)
