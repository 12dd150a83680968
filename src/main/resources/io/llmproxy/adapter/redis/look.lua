-- What counters of one limit count now; with a floor of 0 or more, they count at least that. KEYS: the leases, then the counters.
-- ARGV[1]: {time or 0, process, floor or -1, kind, amount, period, segments, start, end; of a sliding window's floor, until when and how
-- much was used in each slice of time}. Returns packed {now, used of each}.
local a = cmsgpack.unpack(ARGV[1])
local now = clock(a[1])
local kind, amount, period, segments = a[4], a[5], a[6], a[7]
local out = {now}
for i = 2, #KEYS do
  if kind == RUNNING then
    out[i] = running(KEYS[i], KEYS[1], a[2], now)
  else
    local raw = call('GET', KEYS[i])
    local st = state(kind, raw, amount, period, segments, a[8], a[9], now)
    out[i] = used(kind, st)
    if kind == SLIDING and #a > 9 then
      -- each segment counts at least what was used in it; a slice in two of them is of the later one
      local least = {}
      for p = 10, #a, 2 do
        local age = math.max(0, st[1] - floor((a[p] - 1) / floor(period / segments)))
        if age < segments then
          local at = segments + 1 - age
          least[at] = (least[at] or 0) + a[p + 1]
        end
      end
      for at, n in pairs(least) do
        st[at] = math.max(st[at], n)
      end
      keep(KEYS[i], kind, nil, st, 1, amount, period, segments, now) -- several numbers: all of it anew
    elseif a[3] > out[i] then
      local more = a[3] - out[i]
      local at = kind == SLIDING and segments + 1 or kind == BUCKET and 1 or 3
      st[at] = st[at] + more
      keep(KEYS[i], kind, raw, st, at, amount, period, segments, now)
    end
  end
end
return cmsgpack.pack(out)
