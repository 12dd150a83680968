package io.llmproxy.domain.usage;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which requests of those that audits show are looked for; null: whatever it is.
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
        return !r.unaudited()
                && (tenantId == null || tenantId.equals(r.tenantId()))
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

    /**
     * What the traits of a record tell of it: it can only match where it has, of each of the terms, one hash. Of the tenant and of
     * times they tell nothing. None: the traits say nothing about what is looked for.
     */
    public List<int[]> terms() {
        List<int[]> terms = new ArrayList<>();
        if (keyId != null) {
            terms.add(new int[] {BlockTraits.hash(BlockTraits.Kind.KEY, keyId)});
        }
        if (userId != null) {
            terms.add(new int[] {BlockTraits.hash(BlockTraits.Kind.USER, userId)});
        }
        // a text that was made fit to store is not what was hashed
        if (model != null && model.length() < 500 && model.indexOf('\uFFFD') < 0) {
            terms.add(new int[] {BlockTraits.hash(BlockTraits.Kind.MODEL, model)});
        }
        if (statusFrom != null && statusTo != null && statusFrom <= statusTo) {
            terms.add(statuses(statusFrom, statusTo));
        }
        return terms;
    }

    private static int[] statuses(int from, int to) {
        return from == to
                ? new int[] {BlockTraits.hash(BlockTraits.Kind.STATUS, from)}
                : IntStream.rangeClosed(from / 100, to / 100)
                        .map(digit -> BlockTraits.hash(BlockTraits.Kind.STATUS_CLASS, digit))
                        .toArray();
    }
}
