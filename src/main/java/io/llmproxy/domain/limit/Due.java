package io.llmproxy.domain.limit;

/**
 * A limit that a request is under.
 *
 * @param key of the counter of what the request is to the limit
 */
public record Due(Limit limit, CounterKey key) {
    /** Of a limit that has one counter. */
    public static Due ofAll(Limit limit) {
        return new Due(limit, new CounterKey(limit.id(), CounterKey.ONE));
    }

    /** The same of one subject of those that the limit counts separately. */
    public Due of(Object subject) {
        return subject.equals(CounterKey.ONE) ? this : new Due(limit, new CounterKey(limit.id(), subject));
    }
}
