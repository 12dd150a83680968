package io.llmproxy.adapter.http.h2;

/** The client broke the protocol in a way that ends the whole connection. */
final class ConnectionFault extends Exception {
    private final ErrorCode code;

    ConnectionFault(ErrorCode code, String message) {
        super(message);
        this.code = code;
    }

    ErrorCode code() {
        return code;
    }
}
