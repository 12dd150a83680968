-- A chat request of about 500 bytes for wrk, with the key and the model of the environment; done() prints one line that scripts read.
local words = string.rep("The quick brown fox jumps over the lazy dog. ", 8)
wrk.method = "POST"
wrk.body = '{"model":"' .. (os.getenv("BENCH_MODEL") or "bench") .. '","messages":[{"role":"system","content":"You are terse."},{"role":"user","content":"'
  .. words .. '"}],"temperature":0.7,"max_tokens":256}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. (os.getenv("BENCH_KEY") or "none")

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %.3f %.3f\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
