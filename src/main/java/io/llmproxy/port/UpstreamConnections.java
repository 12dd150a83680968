package io.llmproxy.port;

/** How many connections a provider holds to its upstream. */
public record UpstreamConnections(int busy, int idle) {
    public static final UpstreamConnections NONE = new UpstreamConnections(0, 0);

    public UpstreamConnections plus(UpstreamConnections others) {
        return new UpstreamConnections(busy + others.busy, idle + others.idle);
    }
}
