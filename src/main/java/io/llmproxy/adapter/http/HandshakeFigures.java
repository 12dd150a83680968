package io.llmproxy.adapter.http;

/**
 * How the TLS handshakes of a listener went since the start.
 *
 * @param underWay now
 * @param refused those that failed: by a certificate, by what the two sides speak, or as the client went away
 * @param slow those that were given up, since they took too long
 * @param crowded those that were closed, since too many were under way
 */
public record HandshakeFigures(int underWay, long refused, long slow, long crowded) {
    static final HandshakeFigures NONE = new HandshakeFigures(0, 0, 0, 0);
}
