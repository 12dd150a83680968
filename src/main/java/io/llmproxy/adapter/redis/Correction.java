package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Limit;

/**
 * What a counter is to be corrected by.
 *
 * @param stamp the counter's own note of when it was taken; of no meaning to what runs at one time
 * @param incarnation of what runs at one time: the name that the slots are held by; else empty
 * @param added it was not taken there before: a bucket has it flow off since {@code stamp}
 */
record Correction(Limit limit, Object subject, long delta, long stamp, String incarnation, boolean added) {
    boolean sameAs(Correction other) {
        return limit.id().equals(other.limit.id())
                && stamp == other.stamp
                && !added
                && !other.added
                && incarnation.equals(other.incarnation)
                && subject.equals(other.subject);
    }

    Correction and(Correction other) {
        return new Correction(limit, subject, delta + other.delta, stamp, incarnation, added);
    }

    void write(Packer out) {
        out.number(RedisKeys.kind(limit))
                .number(added ? 1 : 0)
                .number(limit.amount())
                .number(delta)
                .number(limit.period().micros())
                .number(limit.segments())
                .number(ServerTime.start(limit, stamp))
                .number(ServerTime.end(limit, stamp));
        if (incarnation.isEmpty()) {
            out.number(stamp);
        } else {
            out.text(incarnation);
        }
    }
}
