package io.llmproxy.domain.usage;

import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which requests are looked for; null: whatever it is.
 *
 * @param hidden tenants whose requests are not shown
 * @param from inclusive; when the request began
 * @param to exclusive
 * @param model as the client asked for it, or as the provider was asked
 * @param statusFrom and {@code statusTo}: the ends of a range, both inclusive
 */
public record RequestQuery(
        @Nullable UUID tenantId,
        Set<UUID> hidden,
        @Nullable Instant from,
        @Nullable Instant to,
        @Nullable UUID userId,
        @Nullable UUID keyId,
        @Nullable String model,
        @Nullable Integer statusFrom,
        @Nullable Integer statusTo,
        @Nullable UUID requestId) {
    public RequestQuery {
        hidden = Set.copyOf(hidden);
    }

    public boolean matches(UsageRecord r) {
        return (tenantId == null || tenantId.equals(r.tenantId()))
                && !hidden.contains(r.tenantId())
                && (from == null || !r.startedAt().isBefore(from))
                && (to == null || r.startedAt().isBefore(to))
                && (userId == null || userId.equals(r.userId()))
                && (keyId == null || keyId.equals(r.keyId()))
                && (model == null || model.equals(r.requestedModel()) || model.equals(r.upstreamModel()))
                && (statusFrom == null || r.status() >= statusFrom)
                && (statusTo == null || r.status() <= statusTo)
                && (requestId == null || requestId.equals(r.requestId()));
    }

    /** Whether a block with these traits may hold one. */
    public boolean may(byte @Nullable [] traits) {
        return (userId == null || BlockTraits.may(traits, BlockTraits.hash(BlockTraits.Kind.USER, userId)))
                && (keyId == null || BlockTraits.may(traits, BlockTraits.hash(BlockTraits.Kind.KEY, keyId)))
                && mayModel(traits)
                && mayStatus(traits);
    }

    /** A text that was made fit to store is not what was hashed. */
    private boolean mayModel(byte @Nullable [] traits) {
        return model == null
                || model.length() >= 500
                || model.indexOf('\uFFFD') >= 0
                || BlockTraits.may(traits, BlockTraits.hash(BlockTraits.Kind.MODEL, model));
    }

    private boolean mayStatus(byte @Nullable [] traits) {
        if (statusFrom == null || statusTo == null) {
            return true;
        }
        if (statusFrom.equals(statusTo)) {
            return BlockTraits.may(traits, BlockTraits.hash(BlockTraits.Kind.STATUS, statusFrom));
        }
        for (int digit = statusFrom / 100; digit <= statusTo / 100; digit++) {
            if (BlockTraits.may(traits, BlockTraits.hash(BlockTraits.Kind.STATUS_CLASS, digit))) {
                return true;
            }
        }
        return false;
    }
}
