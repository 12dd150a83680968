package io.llmproxy;

/** The appliance cannot start; the message says what to do, and the exit code is the contract's. */
public final class StartException extends Exception {
    /** Exit codes of {@code llmproxy}, contract section 2. */
    public static final int FAILURE = 1;

    public static final int USAGE = 2;
    public static final int TAKEN = 3;

    private final int exitCode;

    public StartException(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    public StartException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
