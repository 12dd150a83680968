package io.llmproxy.domain.error;

/** A command or query of administration that the appliance refuses; the message is for the operator. */
public final class AdminException extends RuntimeException {
    /** Why, and with that the HTTP status of the answer and the exit code of llmproxyctl. */
    public enum Reason {
        /** 400: the request itself is wrong. */
        INVALID(400),
        /** 403: the actor may not. */
        FORBIDDEN(403),
        /** 404: no such thing, or none that the actor may know of. */
        NOT_FOUND(404),
        /** 409: taken, in use, or at its limit. */
        CONFLICT(409),
        /** 503: the database does not answer. */
        UNAVAILABLE(503);

        private final int status;

        Reason(int status) {
            this.status = status;
        }

        public int status() {
            return status;
        }
    }

    private final Reason reason;

    public AdminException(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    public static AdminException notFound(String what, String name) {
        return new AdminException(Reason.NOT_FOUND, "no " + what + " " + InvalidValueException.quoted(name));
    }

    public static AdminException conflict(String message) {
        return new AdminException(Reason.CONFLICT, message);
    }

    public static AdminException invalid(String message) {
        return new AdminException(Reason.INVALID, message);
    }

    public static AdminException forbidden(String message) {
        return new AdminException(Reason.FORBIDDEN, message);
    }
}
