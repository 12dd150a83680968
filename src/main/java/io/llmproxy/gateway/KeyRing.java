package io.llmproxy.gateway;

import io.llmproxy.runtime.KeySecrets;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds whose key a request presents, without judging whether it may be used. */
public final class KeyRing {
    private final boolean queryKey;

    public KeyRing(boolean queryKey) {
        this.queryKey = queryKey;
    }

    public boolean queryKey() {
        return queryKey;
    }

    /** The different keys of the request. */
    public Set<String> presented(ClientRequest request) {
        return Credentials.presented(request, queryKey);
    }

    /** What the one key opens; null where it is unknown, or was rotated out and its time is over. */
    public static @Nullable KeyEntry find(String secret, RuntimeSnapshot snapshot, Instant now) {
        if (!KeySecrets.wellFormed(secret)) {
            return null;
        }
        KeyEntry entry = snapshot.key(KeySecrets.hash(secret));
        boolean over = entry != null && entry.until() != null && !now.isBefore(entry.until());
        return over ? null : entry;
    }

    /** Who is behind a request that was refused before its key was looked at; null where that cannot be said. */
    public @Nullable KeyEntry owner(ClientRequest request, RuntimeSnapshot snapshot, Instant now) {
        Set<String> keys = presented(request);
        return keys.size() == 1 ? find(keys.iterator().next(), snapshot, now) : null;
    }
}
