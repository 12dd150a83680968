package io.llmproxy.port;

/** The database did not do what was asked: away, slow, read-only. The message says what was being done. */
public class StoreException extends RuntimeException {
    public StoreException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The database does not answer, or not now: the same call may succeed later. */
    public static class Away extends StoreException {
        public Away(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Redis, where limits are counted, does not answer, while the database may. */
    public static final class CountersAway extends Away {
        public CountersAway(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The database takes no writes for now; reads may be answered. */
    public static final class ReadOnly extends Away {
        public ReadOnly(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A row with that name is there already. */
    public static final class Duplicate extends StoreException {
        public Duplicate(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** What is kept there is not as it was written. */
    public static final class Broken extends StoreException {
        public Broken(String message) {
            this(message, new IllegalStateException("not as it was written"));
        }

        public Broken(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
