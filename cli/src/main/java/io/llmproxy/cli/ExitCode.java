package io.llmproxy.cli;

/** What llmproxyctl tells the shell; part of the outer contract. */
enum ExitCode {
    DONE(0, "done"),
    REFUSED(1, "refused by the server; its message is on standard error"),
    USAGE(2, "wrong usage"),
    NO_SERVER(3, "no server there"),
    NOT_FOUND(4, "not found"),
    CONFLICT(5, "conflict: the name is taken, or something still depends on it");

    private final int number;
    private final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    int number() {
        return number;
    }

    String meaning() {
        return meaning;
    }

    /** The code of an answer of 400 and above. */
    static ExitCode ofStatus(int status) {
        return switch (status) {
            case 404 -> NOT_FOUND;
            case 409 -> CONFLICT;
            default -> REFUSED;
        };
    }
}
