-- A process says that it lives. KEYS: leases, processes. ARGV[1]: {time or 0, lease, process, tenant, names that it holds slots by}
-- Returns packed {now, 1 where the first name had a lease, processes, those of this tenant}. A lease of 0 is a farewell.
local a = cmsgpack.unpack(ARGV[1])
local now = clock(a[1])
local lease, process, tenant = a[2], a[3], a[4]
local known = redis.call('HGET', KEYS[1], a[5])
local out = {now, (known and tonumber(known) > now) and 1 or 0, 0, 0}
local till = string.format('%.0f', now + lease)
for i = 5, #a do
  if lease > 0 then
    redis.call('HSET', KEYS[1], a[i], till)
  else
    redis.call('HDEL', KEYS[1], a[i])
  end
end
if lease > 0 then
  redis.call('HSET', KEYS[2], process, till .. ' ' .. tenant)
else
  redis.call('HDEL', KEYS[2], process)
end
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at = tonumber(all[i + 1])
  if at <= now then
    redis.call('HDEL', KEYS[1], all[i])
  elseif lease > 0 and at > now + lease then
    -- the clock was set back: whoever is dead is not to hold slots until it is there again
    redis.call('HSET', KEYS[1], all[i], till)
  end
end
all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local at, whose = string.match(all[i + 1], '^(%d+) (.*)$')
  if tonumber(at) <= now then
    redis.call('HDEL', KEYS[2], all[i])
  else
    if lease > 0 and tonumber(at) > now + lease then
      redis.call('HSET', KEYS[2], all[i], till .. ' ' .. whose)
    end
    out[3] = out[3] + 1
    if whose == tenant or whose == '*' or tenant == '*' then
      out[4] = out[4] + 1
    end
  end
end
redis.call('PEXPIRE', KEYS[1], DAY_MS)
redis.call('PEXPIRE', KEYS[2], DAY_MS)
return cmsgpack.pack(out)
