package io.llmproxy.domain.limit;

import io.llmproxy.domain.identity.IpAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What one counter counts. A value: two with the same limit and subject are equal. Thread-safe. */
public final class CounterKey {
    /** The subject of limits that count everything together. */
    public static final String ONE = "-";

    /** A subject that clients can make up, so that there may be any number of them. */
    public sealed interface Open {}

    /** A model as a subject. */
    public record Model(String name) implements Open {
        @Override
        public String toString() {
            return name;
        }
    }

    /** An IP address as a subject: an IPv4 address, or the /64 network of an IPv6 address, which belongs to one customer. */
    public record Address(long bits, boolean v6) implements Open {
        public static Address of(byte[] address) {
            int length = address.length == 4 ? 4 : 8;
            long bits = 0;
            for (int i = 0; i < length; i++) {
                bits = bits << 8 | address[i] & 255;
            }
            return new Address(bits, length == 8);
        }

        @Override
        public String toString() {
            byte[] bytes = new byte[v6 ? 16 : 4];
            for (int i = 0; i < (v6 ? 8 : 4); i++) {
                bytes[i] = (byte) (bits >> 8 * ((v6 ? 7 : 3) - i));
            }
            return IpAddress.format(bytes) + (v6 ? "/64" : "");
        }
    }

    private final String limitId;
    private final Object subject;
    private final int hash;
    private volatile @Nullable Object found;

    /** @param subject a UUID, a String, a {@link Model} or an {@link Address}; {@link #ONE} where the limit has one counter */
    public CounterKey(String limitId, Object subject) {
        this.limitId = Objects.requireNonNull(limitId);
        this.subject = Objects.requireNonNull(subject);
        this.hash = 31 * limitId.hashCode() + subject.hashCode();
    }

    public String limitId() {
        return limitId;
    }

    public Object subject() {
        return subject;
    }

    /** Whether clients can make up subjects of its kind. */
    public boolean open() {
        return subject instanceof Open;
    }

    /** What a store found last by this very object, which saves it a look-up; whether that is its own and still counts it must look. */
    public @Nullable Object found() {
        return found;
    }

    public void found(Object counter) {
        found = counter;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return this == o
                || o instanceof CounterKey other
                        && hash == other.hash
                        && limitId.equals(other.limitId)
                        && subject.equals(other.subject);
    }

    @Override
    public String toString() {
        return limitId + " of " + subject;
    }
}
