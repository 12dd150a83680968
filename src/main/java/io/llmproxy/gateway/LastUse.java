package io.llmproxy.gateway;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** When each key was last used, since somebody last wrote it down; at most one entry per key. Thread-safe. */
public final class LastUse {
    private final Map<UUID, Instant> times = new ConcurrentHashMap<>();

    public void note(UUID keyId, Instant at) {
        times.put(keyId, at);
    }

    /** Takes what was noted. */
    public Map<UUID, Instant> drain() {
        Map<UUID, Instant> out = new HashMap<>();
        times.forEach((id, at) -> {
            // a later note that comes between stays for the next time
            if (times.remove(id, at)) {
                out.put(id, at);
            }
        });
        return out;
    }
}
