package io.llmproxy.gateway;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.io.IOException;

/**
 * Where an answer goes. Order: {@link #head}, any number of {@link #write} and {@link #flush}, then {@link #end}; or
 * {@link #fail} at any moment. An IOException means that the client is gone or does not read.
 */
public interface ResponseSink {
    /**
     * The status and the header fields of the answer, complete but for the connection's own.
     *
     * @param contentLength the exact length; -1: not known, the body is chunked; a HEAD, 204 or 304 has no body whatever it says
     */
    void head(int status, HeaderFields headers, long contentLength) throws IOException;

    void write(byte[] bytes, int offset, int length) throws IOException;

    /** Sends what was written: while streaming after each read, else never. */
    void flush() throws IOException;

    /** The answer is complete, without trailers. */
    default void end() throws IOException {
        end(HeaderFields.NONE);
    }

    /**
     * The answer is complete: sends the last chunk.
     *
     * @param trailers sent after a chunked body, as far as they may be trailers; left out where there is no place for them
     */
    void end(HeaderFields trailers) throws IOException;

    /**
     * The answer is not complete. Before the head: an error answer in the client's dialect, with {@code headers} added. After
     * it: in an event stream one error event in the client's dialect, then the connection is closed without the last chunk.
     * Never throws.
     */
    void fail(ProxyError error, HeaderFields headers);

    /** Whether the head has gone out, so that no other answer is possible. */
    boolean started();

    /** Bytes of the body written so far. */
    long bytesWritten();
}
