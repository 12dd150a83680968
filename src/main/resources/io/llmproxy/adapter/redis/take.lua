-- Takes for several requests, one after the other: each takes of all its counters, or of none. KEYS: the leases, then the counters.
-- ARGV[1]: {time or 0, process, then for each counter: kind, hard, amount, period, segments, start, end; then for each request: how
-- many charges it has, and for each of these: where its counter stands in this list, and what is asked of it}
-- Returns packed {now, then for each counter: micros until drained, stamp; then for each request: 1, and for each charge what is left,
-- less than nothing where it passed the limit; or 0, how many of its limits have no room, and for each of these: charge from 0, left,
-- micros to wait; or 2 where a window of the calendar that the caller named is not the present one}.
local WRONG = -1
local a = cmsgpack.unpack(ARGV[1])
local now = clock(a[1])
local me = a[2]
local count = #KEYS - 1
-- a table for each counter would cost more than all else that is done for it: of windows that go on, what is used is enough, and stands
-- in the arguments, where the end was; what was used before, where the start was; and where it was told whether it is hard, how far it
-- may be used. Of the others the state is here
local states = {}
local raws = call('MGET', unpack(KEYS, 2))
local out, o = {now}, 1
local b = 3
for i = 1, count do
  local kind, raw, s, e = a[b], raws[i], a[b + 5], a[b + 6]
  local was, drains, stamp
  a[b + 1] = a[b + 1] == 1 and a[b + 2] or math.huge
  if kind == WINDOW and (now < s or now >= e) then
    was, drains, stamp = 0, 0, 0
    a[b + 1] = WRONG
  elseif kind == WINDOW or kind == EVEN then
    local mark
    if raw and #raw == 46 then
      mark, s, e, was = struct.unpack('>xBdxdxd', raw)
    end
    if mark ~= DOUBLE or now < s or now >= e then
      local st = state(kind, raw, a[b + 2], a[b + 3], a[b + 4], a[b + 5], a[b + 6], now)
      states[i] = st
      s, e, was = st[1], st[2], st[3]
    end
    drains, stamp = e < MOST and e - now or 0, s
  elseif kind == RUNNING then
    was = running(KEYS[i + 1], KEYS[1], me, now)
    drains, stamp = 1, 0
  else
    local st = state(kind, raw, a[b + 2], a[b + 3], a[b + 4], 0, 0, now)
    states[i] = st
    was = used(kind, st)
    drains, stamp = 0, 0
  end
  a[b + 5], a[b + 6] = was, was
  out[o + 1], out[o + 2] = drains, stamp
  o = o + 2
  b = b + 7
end

-- The state of a bucket or a sliding window, with what was taken until now.
local function taken(i, b)
  local st = states[i]
  if a[b] == SLIDING then
    st[#st] = st[#st] + a[b + 6] - total(st)
  else
    st[1] = a[b + 6]
  end
  return st
end

local at, size = b, #a
while at <= size do
  local first, last = at + 1, at + 2 * a[at]
  at = last + 1
  local no
  for p = first, last, 2 do
    local c = a[p]
    if a[c + 6] + a[p + 1] > a[c + 1] and (a[p + 1] > 0 or a[c + 1] == WRONG) then
      no = p
      break
    end
  end
  if not no then
    o = o + 1
    out[o] = 1
    for p = first, last, 2 do
      local c = a[p]
      local after = a[c + 6] + a[p + 1]
      if after > MOST then
        after = MOST
      end
      a[c + 6] = after
      o = o + 1
      out[o] = a[c + 2] - after
    end
  elseif a[a[no] + 1] == WRONG then
    o = o + 1
    out[o] = 2
  else
    -- the others are looked at for those that are refused alone
    local refusing = 0
    local head = o + 2
    out[o + 1], out[head] = 0, 0
    o = head
    for p = no, last, 2 do
      local c = a[p]
      if a[c + 6] + a[p + 1] > a[c + 1] and a[p + 1] > 0 and a[c + 1] ~= WRONG then
        local i, kind = (c + 4) / 7, a[c]
        local wait = out[2 * i]
        if kind == SLIDING or kind == BUCKET then
          wait = waiting(kind, taken(i, c), a[p + 1], a[c + 2], a[c + 3], a[c + 4], now)
        end
        out[o + 1], out[o + 2], out[o + 3] = (p - first) / 2, math.max(0, a[c + 2] - a[c + 6]), wait
        o = o + 3
        refusing = refusing + 1
      end
    end
    out[head] = refusing
  end
end
b = 3
for i = 1, count do
  local kind, was, is = a[b], a[b + 5], a[b + 6]
  local key = KEYS[i + 1]
  if kind == WINDOW or kind == EVEN then
    if is > was then
      local st = states[i]
      if st then
        st[3] = is
        keep(key, kind, raws[i], st, 3, a[b + 2], a[b + 3], a[b + 4], now)
      else
        call('SETRANGE', key, '20', struct.pack('>d', is))
      end
    end
  elseif kind == RUNNING then
    if is > was then
      call('HINCRBY', key, me, tostring(is - was))
      call('PEXPIRE', key, '86400000')
    end
  else
    local amount, period, segments, raw = a[b + 2], a[b + 3], a[b + 4], raws[i]
    local st = taken(i, b)
    if is > was then
      keep(key, kind, raw, st, #st, amount, period, segments, now)
    end
    out[2 * i] = drained(kind, st, amount, period, segments, now)
    out[2 * i + 1] = kind == BUCKET and now or st[1]
  end
  b = b + 7
end
return cmsgpack.pack(out)
