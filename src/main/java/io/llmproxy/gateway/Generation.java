package io.llmproxy.gateway;

/** Whether a request may have something generated, and so uses what somebody is billed for. */
public final class Generation {
    private Generation() {}

    /** Stored answers, fetched again, tell a usage that was accounted for when they were made. */
    public static boolean possible(Exchange x) {
        Endpoint endpoint = x.endpoint();
        return x.request().method().equals("POST")
                && (endpoint.model() != Endpoint.Model.NONE
                        || endpoint.kind() == Endpoint.Kind.PASSTHROUGH
                        || endpoint.template().equals("/v1/*"));
    }
}
