-- Takes for several requests, one after the other: each takes of all its counters, or of none. KEYS: the leases, then the counters.
-- ARGV[1]: {time or 0, process, then for each counter: kind, hard, amount, period, segments, start, end; then for each request: how
-- many charges it has, and for each of these: which counter, from 1, and what is asked of it}
-- Returns packed {now, then for each counter: micros until drained, stamp; then for each request: 1, and for each charge what is left,
-- less than nothing where it passed the limit; or 0, charge from 0, left, micros to wait; or 2 where a window of the calendar that the
-- caller named is not the present one}.
local WRONG = -1
local a = cmsgpack.unpack(ARGV[1])
local now = clock(a[1])
local me = a[2]
local count = #KEYS - 1
-- what belongs to a counter: its state, what is used of it, its amount, how far it may be used, what was taken and is not in its state
local states, before, amounts, most, asked, changed = {}, {}, {}, {}, {}, {}
local raws = redis.call('MGET', unpack(KEYS, 2))
local out, o = {now}, 1 + 2 * count
for i = 1, count do
  local b = 7 * i - 5
  local kind, amount = a[b + 1], a[b + 3]
  amounts[i], asked[i] = amount, 0
  most[i] = a[b + 2] == 1 and amount or math.huge
  out[2 * i], out[2 * i + 1] = 0, 0
  if kind == RUNNING then
    before[i] = running(KEYS[i + 1], KEYS[1], me, now)
  elseif kind == WINDOW and (now < a[b + 6] or now >= a[b + 7]) then
    before[i], most[i] = 0, WRONG
  else
    local st = state(kind, raws[i], amount, a[b + 4], a[b + 5], a[b + 6], a[b + 7], now)
    states[i] = st
    before[i] = used(kind, st)
  end
end

local function change(i, kind, segments)
  local st = states[i]
  if asked[i] > 0 then
    if kind == SLIDING then
      st[segments + 1] = math.min(MOST, st[segments + 1] + asked[i])
    elseif kind == BUCKET then
      st[1] = before[i]
    else
      st[3] = before[i]
    end
    asked[i] = 0
    changed[i] = true
  end
  return st
end

local at, size = 7 * count + 3, #a
while at <= size do
  local first, last = at + 1, at + 2 * a[at]
  at = last + 1
  local no
  for p = first, last, 2 do
    local i = a[p]
    if before[i] + a[p + 1] > most[i] then
      no = p
      break
    end
  end
  if not no then
    o = o + 1
    out[o] = 1
    for p = first, last, 2 do
      local i, ask = a[p], a[p + 1]
      local after = before[i] + ask
      if after > MOST then
        after = MOST
      end
      before[i] = after
      asked[i] = asked[i] + ask
      o = o + 1
      out[o] = amounts[i] - after
    end
  elseif most[a[no]] == WRONG then
    o = o + 1
    out[o] = 2
  else
    local i = a[no]
    local b = 7 * i - 5
    local kind, segments = a[b + 1], a[b + 5]
    out[o + 1], out[o + 2], out[o + 3] = 0, (no - first) / 2, math.max(0, amounts[i] - before[i])
    out[o + 4] = kind == RUNNING and 1
      or waiting(kind, change(i, kind, segments), a[no + 1], amounts[i], a[b + 4], segments, now)
    o = o + 4
  end
end
for i = 1, count do
  local b = 7 * i - 5
  local kind, period, segments = a[b + 1], a[b + 4], a[b + 5]
  if states[i] then
    local st = change(i, kind, segments)
    if changed[i] then
      keep(KEYS[i + 1], kind, st, amounts[i], period, segments, now)
    end
    out[2 * i] = drained(kind, st, amounts[i], period, segments, now)
    out[2 * i + 1] = kind == BUCKET and now or st[1]
  elseif kind == RUNNING then
    if asked[i] > 0 then
      redis.call('HINCRBY', KEYS[i + 1], me, asked[i])
      redis.call('PEXPIRE', KEYS[i + 1], DAY_MS)
    end
    out[2 * i] = 1
  end
end
return cmsgpack.pack(out)
