package io.llmproxy.gateway;

/** The client went away; carries nothing, since there is nobody to tell. */
public final class ClientGoneException extends RuntimeException {
    public ClientGoneException() {
        super("the client has gone", null, false, false);
    }
}
