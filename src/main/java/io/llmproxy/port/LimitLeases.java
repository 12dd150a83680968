package io.llmproxy.port;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The book in which processes write what they hold of limits that they share: of each counter never more in all than the limit's
 * amount, but for what was truly used. Who has not been heard of for a lease holds nothing any more, but what it may have used counts as
 * used until the period in which it may have used it is over. A time in which the book was away for everybody is no silence. The book's
 * clock is the one clock of all. Used by one thread at a time, but for {@link #used}; every call blocks and throws
 * {@link StoreException} where the book is away.
 */
public interface LimitLeases {
    /**
     * Whether a process uses of what it holds only what it has told the book, so that the rest comes back when it dies. Not where all
     * of it comes back soon: periods up to a minute, concurrency, and buckets, which flow at the pace of what is held.
     */
    static boolean sparing(Limit limit) {
        return limit.period().durable() && limit.algorithm() != LimitAlgorithm.TOKEN_BUCKET;
    }

    /** How long a process may use what it holds without being heard of. */
    Duration lease();

    /** This process begins, and holds nothing but what is left of its last life. */
    Start join();

    /**
     * @param now the book's clock
     * @param resets how often limits have been reset, by their id
     */
    record Start(Instant now, Map<String, Long> resets) {}

    /**
     * Is heard of, gives back, takes, and says what it used; all counters in one transaction.
     *
     * @param asks each counter once
     */
    Round exchange(List<Ask> asks);

    /**
     * What this process wants of one counter.
     *
     * @param subject of the counter, as a text of at most 300 characters
     * @param used in the present period
     * @param keep how much of what it holds it wants to go on holding; it must not use more while it asks
     * @param sure how much of that it may have used by the next time: what counts when it is never heard of again
     * @param least how much more is of use at all
     * @param more how much more it wants to hold
     * @param soon how much it could use soon
     * @param first whether it asks for the first time in this life
     * @param end whether it wants to be forgotten there
     * @param known at least so much was used by all in the present period before this life; negative: unknown
     */
    record Ask(
            Limit limit,
            String subject,
            long used,
            long keep,
            long sure,
            long least,
            long more,
            long soon,
            boolean first,
            boolean end,
            long known) {}

    /**
     * What there is of it.
     *
     * @param share what this process holds now
     * @param sure what it may use of that until it asks again; where {@link #sparing} is false, and while the book is away, all
     * @param inherited how much of that counts as used already: in its last life, or before anybody counted
     * @param elsewhere what others have used in the present period, as far as it is known
     * @param free what nobody holds; negative: so much more is held than there is, since answers used more than was reserved for them, or
     *     the amount was lowered
     */
    record Given(long share, long sure, long inherited, long elsewhere, long free) {}

    /** A counter by the limit's id and the text of its subject. */
    record Place(String limitId, String subject) {}

    /**
     * @param processes how many share limits with this one, itself included
     * @param given in the order of what was asked
     * @param wanted counters of which this process holds something unused that others lack
     * @param resets how often limits have been reset of late, by their id
     */
    record Round(Instant now, int processes, List<Given> given, List<Place> wanted, Map<String, Long> resets) {}

    /** What other processes have used of some limits, as far as they have said so; one question. */
    Map<Place, Long> used(Collection<Limit> limits);

    /** All that was used counts for nothing, in every process as soon as it hears of it. @return how often that has been done */
    long reset(Limit limit);

    /** This process ends; it holds what it says it has used, and nothing else. */
    void leave(List<Ask> last);
}
