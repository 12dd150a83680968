package io.llmproxy.cli;

/** Ends the command with an exit code and one message for standard error; without a stack, as it is no fault of the program. */
final class CliException extends RuntimeException {
    private final ExitCode code;

    CliException(ExitCode code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    static CliException usage(String message) {
        return new CliException(ExitCode.USAGE, message);
    }

    ExitCode code() {
        return code;
    }

    String text() {
        String message = getMessage();
        return message == null ? code.meaning() : message;
    }
}
