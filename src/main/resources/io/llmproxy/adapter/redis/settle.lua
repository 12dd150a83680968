-- Corrects counters by what was used in the end. KEYS: the number of the process's last batch, then one key for each correction.
-- ARGV[1]: {time or 0, number of the batch, then for each: kind, added, amount, delta, period, segments, start, end, stamp or process}
-- A batch that is sent again, since its answer was lost, changes nothing.
local a = cmsgpack.unpack(ARGV[1])
local now = clock(a[1])
local last = redis.call('GET', KEYS[1])
if last and tonumber(last) >= a[2] then
  return 0
end
redis.call('SET', KEYS[1], string.format('%.0f', a[2]), 'PX', DAY_MS)
for i = 1, #KEYS - 1 do
  local key = KEYS[i + 1]
  local b = 9 * i - 7
  local kind, added, amount, delta = a[b + 1], a[b + 2], a[b + 3], a[b + 4]
  local period, segments, s, e, stamp = a[b + 5], a[b + 6], a[b + 7], a[b + 8], a[b + 9]
  if kind == RUNNING then
    -- the slots of a process whose lease was over are given back already
    if redis.call('HEXISTS', key, stamp) == 1 and redis.call('HINCRBY', key, stamp, delta) <= 0 then
      redis.call('HDEL', key, stamp)
    end
  else
    local raw = redis.call('GET', key)
    if kind == SLIDING then
      if raw or delta > 0 then
        local w = sliding(raw, period, segments, now)
        local age = math.max(0, w[1] - stamp)
        if age < segments then
          local at = segments + 1 - age
          w[at] = math.min(MOST, math.max(0, w[at] + delta))
          keep(key, kind, raw, w, at, amount, period, segments, now)
        end
      end
    elseif kind == BUCKET then
      if raw or delta > 0 then
        local l = bucket(raw, amount, period, now)
        local flowed = product(math.max(0, now - stamp), amount, period, false)
        local change = delta
        if delta < 0 then
          change = math.min(0, delta + flowed) -- what has flowed off since, others have had
        elseif added == 1 then
          change = math.max(0, delta - flowed)
        end
        l[1] = math.min(MOST, math.max(0, l[1] + change))
        keep(key, kind, raw, l, 1, amount, period, segments, now)
      end
    else
      if kind == EVEN then
        s = stamp
        e = stamp + period
      end
      local w = raw and cmsgpack.unpack(raw)
      if delta > 0 and now >= s and now < e then
        w = window(raw, s, e, now)
      end
      if w then
        if w[1] <= stamp then
          w[3] = math.min(MOST, math.max(0, w[3] + delta))
          keep(key, kind, raw, w, 3, amount, period, segments, now)
        end
        if w[4] == stamp and w[1] ~= stamp then
          w[5] = math.min(MOST, math.max(0, w[5] + delta))
          keep(key, kind, raw, w, 5, amount, period, segments, now)
        end
      end
    end
  end
end
return 1
