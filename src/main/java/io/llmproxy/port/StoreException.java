package io.llmproxy.port;

/** The database did not do what was asked: away, slow, read-only. The message says what was being done. */
public class StoreException extends RuntimeException {
    public StoreException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A row with that name is there already. */
    public static final class Duplicate extends StoreException {
        public Duplicate(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
