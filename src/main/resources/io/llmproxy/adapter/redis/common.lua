-- What the scripts share; it stands before each of them. Times are microseconds. A counter's state is one packed list, but for what
-- runs at one time, which is a hash from process to count. The algorithms are those of adapter.memory, line by line.
--
-- The numbers of a list are doubles, each behind its mark, so that each has its place: one that changes is written there alone, and
-- the key keeps its expiry. Former versions write shorter numbers: their lists are read too, and written anew, as they read these.
local WINDOW, SLIDING, BUCKET, RUNNING, EVEN = 0, 1, 2, 3, 4
local MOST = 9007199254740991 -- the greatest whole number that Lua counts exactly
local TOLERANCE = 60000000 -- a clock that was set back by less is taken to stand still
local DAY_MS = 86400000
local DOUBLE = 0xcb -- the mark of a double
-- what is called often: a local one is found sooner
local call, floor = redis.call, math.floor

local function clock(given)
  if given > 0 then
    return given
  end
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

-- a * b / d, rounded up or down; where the product is not exact, to the limit's side
local function product(a, b, d, up)
  local p = a * b
  if p > MOST then
    return math.min(MOST, up and math.ceil(p / d * (1 + 4.5e-16)) or math.floor(p / d * (1 - 4.5e-16)))
  end
  local q = math.floor(p / d)
  if q * d > p then
    q = q - 1
  elseif (q + 1) * d <= p then
    q = q + 1
  end
  return (up and q * d < p) and q + 1 or q
end

-- {start, end, used, the start of the window before this one as the clock went, what was used in it}
local function window(raw, s, e, now)
  if not raw then
    return {s, e, 0, s, 0}
  end
  local w = cmsgpack.unpack(raw)
  if now >= w[1] and now < w[2] or now < w[1] and w[1] - now <= TOLERANCE then
    return w
  end
  local before = w[4] == s and w[5] or 0
  return {s, e, now >= w[2] and before or before + w[3], w[1], w[3]}
end

-- {the number of the newest segment, the counts from the oldest to it}
local function sliding(raw, period, segments, now)
  local number = math.floor(now / math.floor(period / segments))
  local w = raw and cmsgpack.unpack(raw) or {number}
  local by = number - w[1]
  if not raw or by >= segments then
    for i = 2, segments + 1 do
      w[i] = 0
    end
    w[1] = number
  elseif by > 0 then
    for i = 2, segments + 1 do
      w[i] = w[i + by] or 0
    end
    w[1] = number
  elseif by < -segments then
    -- the clock was set back by more than the period: what was used stays used, for a period from now
    local sum = 0
    for i = 2, segments + 1 do
      sum = sum + w[i]
      w[i] = 0
    end
    w[1] = number
    w[segments + 1] = sum
  end
  return w
end

local function total(w)
  local sum = 0
  for i = 2, #w do
    sum = sum + w[i]
  end
  return sum
end

-- {used, when that was}
local function bucket(raw, amount, period, now)
  if not raw then
    return {0, now}
  end
  local l = cmsgpack.unpack(raw)
  if l[1] == 0 then
    return {0, now}
  end
  if now <= l[2] then
    return l[2] - now > period and {l[1], now} or l
  end
  local flowed = product(now - l[2], amount, period, false)
  if flowed >= l[1] then
    return {0, now}
  end
  return {l[1] - flowed, l[2] + product(flowed, period, amount, true)}
end

local leased = {}

-- How many run at one time: of processes whose lease is over, none.
local function running(key, leases, me, now)
  local all = call('HGETALL', key)
  local sum = 0
  for i = 1, #all, 2 do
    local who = all[i]
    if leased[who] == nil then
      local till = who ~= me and call('HGET', leases, who)
      leased[who] = who == me or (till and tonumber(till) > now) or false
    end
    if leased[who] then
      sum = sum + all[i + 1]
    else
      call('HDEL', key, who)
    end
  end
  return sum
end

local function state(kind, raw, amount, period, segments, s, e, now)
  if kind == SLIDING then
    return sliding(raw, period, segments, now)
  elseif kind == BUCKET then
    return bucket(raw, amount, period, now)
  elseif kind == EVEN then
    s = math.floor(now / period) * period
    e = s + period
  end
  return window(raw, s, e, now)
end

local function used(kind, st)
  return kind == SLIDING and total(st) or kind == BUCKET and st[1] or st[3]
end

-- What a list holds at the place from 1; nil where its numbers have no places.
local function entry(raw, place)
  return raw and string.byte(raw, 2) == DOUBLE and struct.unpack('>d', raw, 9 * place - 6) or nil
end

local function list(st)
  local n = #st
  if n > 15 then
    return cmsgpack.pack(st) -- its head is longer: it is written anew each time
  end
  local parts = {0x90 + n}
  for i = 1, n do
    parts[2 * i], parts[2 * i + 1] = DOUBLE, st[i]
  end
  return struct.pack('>B' .. string.rep('Bd', n), unpack(parts))
end

-- Writes a state whose number at the place from 1 was changed; raw is the list that it was read from.
local function keep(key, kind, raw, st, place, amount, period, segments, now)
  local began, ms = entry(raw, 1)
  if kind == BUCKET then
    -- its expiry is moved once in a period, and then by three of them
    if began and st[1] <= amount and floor(st[2] / period) == floor(entry(raw, 2) / period) then
      call('SETRANGE', key, '2', struct.pack('>dBd', st[1], DOUBLE, st[2]))
      return
    end
    ms = math.max(period * 3, product(st[1], period, amount, true) + period) / 1000
  elseif began == st[1] and (kind == SLIDING or entry(raw, 2) == st[2]) then
    call('SETRANGE', key, tostring(9 * place - 7), struct.pack('>d', st[place]))
    return
  elseif kind == SLIDING then
    ms = (period + period / segments) / 1000 + 1000
  elseif st[2] < MOST then
    ms = (st[2] - now + TOLERANCE) / 1000
  end
  if ms then
    call('SET', key, list(st), 'PX', string.format('%.0f', math.max(1000, ms)))
  else
    call('SET', key, list(st))
  end
end

-- How long until the segment at the index, from 0, leaves the period.
local function dropped(w, index, period, segments, now)
  return math.max(1, (w[1] + index + 1) * math.floor(period / segments) - now)
end

-- How long until nothing is used any more; 0: never by time alone.
local function drained(kind, st, amount, period, segments, now)
  if kind == SLIDING then
    for i = segments, 1, -1 do
      if st[i + 1] > 0 then
        return dropped(st, i - 1, period, segments, now)
      end
    end
    return 1
  elseif kind == BUCKET then
    return math.max(1, product(st[1], period, amount, true) - (now - st[2]))
  end
  return st[2] >= MOST and 0 or math.max(1, st[2] - now)
end

-- How long until so much could be taken, if nobody else took any; 0: never by time alone.
local function waiting(kind, st, ask, amount, period, segments, now)
  if kind == SLIDING then
    local needed = total(st) + ask - amount
    for i = 0, segments - 1 do
      if needed <= 0 then
        return 1
      end
      needed = needed - st[i + 2]
      if needed <= 0 or i == segments - 1 then
        return dropped(st, i, period, segments, now)
      end
    end
  elseif kind == BUCKET then
    local excess = st[1] + ask - amount
    return excess <= 0 and 1
      or math.max(1, product(math.min(excess, st[1]), period, amount, true) - (now - st[2]))
  end
  return drained(kind, st, amount, period, segments, now)
end
