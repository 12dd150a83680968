package io.llmproxy.adapter.memory;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.idempotency.Fingerprint;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.port.IdempotencyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Answers that are not to lie on any disk. A bounded number of them: the oldest makes room for the newest. */
public final class MemoryIdempotencyStore implements IdempotencyStore {
    private final int maxAnswers;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by the lock; in the order in which they were claimed
    private final Map<Fingerprint, Entry> entries = new LinkedHashMap<>();

    public MemoryIdempotencyStore(int maxAnswers) {
        this.maxAnswers = maxAnswers;
    }

    /** @param answer null: it is a claim */
    private record Entry(Claim claim, @Nullable RecordedAnswer answer, Instant expiresAt) {}

    @Override
    public State claim(Request request, Instant now) {
        lock.lock();
        try {
            Entry known = entries.get(request.identity());
            if (known == null || known.answer != null && !known.expiresAt.isAfter(now)) {
                Claim claim = new Claim(request, Ids.next(now));
                entries.remove(request.identity());
                entries.put(request.identity(), new Entry(claim, null, Instant.MAX));
                return new State.Granted(claim);
            }
            if (!known.claim.request().content().equals(request.content())) {
                return new State.Conflict();
            }
            return known.answer == null ? new State.Running() : new State.Recorded(known.answer);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public @Nullable Duration lease() {
        return null;
    }

    @Override
    public void renew(List<Claim> claims) {}

    @Override
    public void record(List<Recording> recordings) {
        lock.lock();
        try {
            for (Recording recording : recordings) {
                Fingerprint identity = recording.claim().request().identity();
                if (held(recording.claim())) {
                    entries.put(identity, new Entry(recording.claim(), recording.answer(), recording.expiresAt()));
                }
            }
            makeRoom(maxAnswers);
        } finally {
            lock.unlock();
        }
    }

    private boolean held(Claim claim) {
        Entry known = entries.get(claim.request().identity());
        return known != null && known.answer == null && known.claim.equals(claim);
    }

    private int makeRoom(int max) {
        int deleted = 0;
        Iterator<Entry> oldest = entries.values().iterator();
        while (entries.size() > max && oldest.hasNext()) {
            if (oldest.next().answer != null) {
                oldest.remove();
                deleted++;
            }
        }
        return deleted;
    }

    @Override
    public void release(List<Claim> claims) {
        lock.lock();
        try {
            claims.stream()
                    .filter(this::held)
                    .forEach(claim -> entries.remove(claim.request().identity()));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int purge(Instant now, int max) {
        lock.lock();
        try {
            int deleted = 0;
            Iterator<Entry> all = entries.values().iterator();
            while (all.hasNext() && deleted < max) {
                Entry entry = all.next();
                if (entry.answer != null && !entry.expiresAt.isAfter(now)) {
                    all.remove();
                    deleted++;
                }
            }
            return deleted;
        } finally {
            lock.unlock();
        }
    }

    /** By tenant, and by the bytes of the bodies alone. */
    @Override
    public int trim(long bytes, int max) {
        lock.lock();
        try {
            Map<String, Long> over = new LinkedHashMap<>();
            entries.values().forEach(e -> over.merge(owner(e), size(e), Long::sum));
            over.replaceAll((owner, sum) -> sum - bytes);
            int deleted = 0;
            Iterator<Entry> all = entries.values().iterator();
            while (all.hasNext() && deleted < max) {
                Entry entry = all.next();
                if (entry.answer != null && over.getOrDefault(owner(entry), 0L) > 0) {
                    over.merge(owner(entry), -size(entry), Long::sum);
                    all.remove();
                    deleted++;
                }
            }
            return deleted;
        } finally {
            lock.unlock();
        }
    }

    private static String owner(Entry entry) {
        UUID tenant = entry.claim.request().tenantId();
        return tenant == null ? "" : tenant.toString();
    }

    private static long size(Entry entry) {
        return entry.answer == null ? 0 : entry.answer.body().length;
    }
}
