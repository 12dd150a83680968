package io.llmproxy.port;

import io.llmproxy.domain.HeaderFields;
import java.io.InputStream;

/**
 * One upstream exchange: {@link #execute}, then {@link #body} to its end, then {@link #close} in any case. One thread, but
 * for {@link #cancel}.
 */
public interface ProviderCall extends AutoCloseable {
    /**
     * Sends the request and waits for the head of the final answer (1xx are passed over).
     *
     * @throws UpstreamException where there is none
     */
    Head execute() throws UpstreamException;

    /** Whether the whole request has gone out, so that the provider may be at work on it and bill it. Of the executing thread. */
    default boolean sent() {
        return false;
    }

    /**
     * The body as the provider sent it, transfer coding removed, content coding kept. Reads return what has come, as it comes;
     * {@link UpstreamException} (an IOException) tells a body that breaks off or stalls from one that ends.
     */
    InputStream body();

    /** What the provider sent after the body; known when the body has ended. */
    default HeaderFields trailers() {
        return HeaderFields.NONE;
    }

    /** Ends the exchange at once, from any thread, at any time; later reads fail. */
    void cancel();

    @Override
    void close();

    /** @param contentLength of the body; -1 where the head does not say */
    record Head(int status, HeaderFields headers, long contentLength) {}
}
