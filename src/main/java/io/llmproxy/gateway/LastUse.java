package io.llmproxy.gateway;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When each key was last used, to the second, since somebody last wrote it down; at most one entry per key. Of the uses within
 * one second the first is kept: a write for each would make the threads that serve one key wait for each other. Thread-safe.
 */
public final class LastUse {
    private final Map<UUID, Instant> times = new ConcurrentHashMap<>();

    public void note(UUID keyId, Instant at) {
        Instant known = times.get(keyId);
        if (known == null || known.getEpochSecond() != at.getEpochSecond()) {
            times.put(keyId, at);
        }
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
