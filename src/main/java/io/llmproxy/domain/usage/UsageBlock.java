package io.llmproxy.domain.usage;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Records of one tenant in their order, as the bytes in which the journal holds them. */
public final class UsageBlock {
    /** No block holds more records. */
    public static final int MAX_RECORDS = 2048;

    /** Nor more bytes, but for a single record that is longer. */
    public static final int MAX_BYTES = 512 << 10;

    private final UUID tenantId;
    private final String tenantSlug;
    private final int records;
    private final Instant firstAt;
    private final Instant lastAt;
    private final byte[] frames;
    private final byte @Nullable [] traits;

    /**
     * @param firstAt when the earliest of its requests began; {@code lastAt} the latest
     * @param frames given away: the caller does not change it any more
     */
    public UsageBlock(UUID tenantId, String tenantSlug, int records, Instant firstAt, Instant lastAt, byte[] frames) {
        this(tenantId, tenantSlug, records, firstAt, lastAt, frames, null);
    }

    /** @param traits see {@link BlockTraits}; given away as well; null: not known */
    public UsageBlock(
            UUID tenantId,
            String tenantSlug,
            int records,
            Instant firstAt,
            Instant lastAt,
            byte[] frames,
            byte @Nullable [] traits) {
        this.tenantId = tenantId;
        this.tenantSlug = tenantSlug;
        this.records = records;
        this.firstAt = firstAt;
        this.lastAt = lastAt;
        this.frames = frames;
        this.traits = traits;
    }

    public UUID tenantId() {
        return tenantId;
    }

    public String tenantSlug() {
        return tenantSlug;
    }

    public int records() {
        return records;
    }

    public Instant firstAt() {
        return firstAt;
    }

    public Instant lastAt() {
        return lastAt;
    }

    /** Not to be changed; null: any. */
    public byte @Nullable [] traits() {
        return traits;
    }

    /** Not to be changed. */
    public byte[] frames() {
        return frames;
    }
}
