package io.llmproxy;

/** Something is not done to a state that no server runs on, with llmproxyctl's exit code. */
final class OfflineException extends RuntimeException {
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int TAKEN = 3;
    static final int CONFLICT = 5;
    private final int code;

    OfflineException(int code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    int code() {
        return code;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
