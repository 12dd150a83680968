package io.llmproxy.testing;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditChain;
import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.port.AuditChainStore;
import io.llmproxy.port.AuditSigner;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.TranscriptStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the audit needs around it: a signer that is none, and chains of a store that has none. */
public final class FakeAudit {
    private FakeAudit() {}

    /** Signs by saying what it signed. */
    public static final class Signer implements AuditSigner {
        @Override
        public String keyId() {
            return "0".repeat(32);
        }

        @Override
        public String publicKey() {
            return "key";
        }

        @Override
        public String sign(String text) {
            return "signed " + text.hashCode();
        }

        @Override
        public boolean verify(String text, String signature, String publicKey) {
            return signature.equals(sign(text));
        }
    }

    /** Bodies in memory; the database can be away. */
    public static final class Bodies implements TranscriptStore {
        private final Map<UUID, Transcript> kept = new TreeMap<>();
        private volatile boolean away;
        /** Until when a tenant's bodies were to go. */
        public final Map<UUID, Instant> purged = new TreeMap<>();
        /** How many bodies there are of tenants that are gone. */
        public int orphans;

        public void away(boolean now) {
            away = now;
        }

        @Override
        public synchronized void append(List<Transcript> transcripts) {
            if (away) {
                throw new StoreException.Away("writing bodies", new IllegalStateException("refused"));
            }
            transcripts.forEach(t -> kept.putIfAbsent(t.requestId(), t));
        }

        @Override
        public synchronized Optional<Transcript> find(UUID tenantId, UUID requestId) {
            return Optional.ofNullable(kept.get(requestId));
        }

        @Override
        public int purge(UUID tenantId, Instant before, int max) {
            purged.put(tenantId, before);
            return 0;
        }

        @Override
        public int purgeDeleted(int max) {
            int step = Math.min(orphans, max);
            orphans -= step;
            return step;
        }
    }

    /** No chains. */
    public static final class Chains implements AuditChainStore {
        @Override
        public Optional<AuditChain> find(UUID chain) {
            return Optional.empty();
        }

        @Override
        public Page<AuditChain> list(Page.Request page) {
            return new Page<>(List.of(), null);
        }

        @Override
        public List<AuditChain.Link> links(UUID chain, long after, long last, int max) {
            return List.of();
        }

        @Override
        public List<AuditChain.Head> heads(UUID chain, long from, long to) {
            return List.of();
        }

        @Override
        public Optional<Long> firstSince(UUID chain, @Nullable Instant from) {
            return Optional.empty();
        }

        @Override
        public Optional<Long> lastBefore(UUID chain, @Nullable Instant to) {
            return Optional.empty();
        }

        @Override
        public List<AuditChain.Head> sign(int unsigned, Instant due, Instant now) {
            return List.of();
        }

        @Override
        public int adopt(int max, Instant now) {
            return 0;
        }
    }
}
