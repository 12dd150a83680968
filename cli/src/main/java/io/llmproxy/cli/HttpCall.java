package io.llmproxy.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.impl.io.ContentLengthInputStream;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParser;
import org.apache.hc.core5.http.impl.io.IdentityInputStream;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 exchange on a connection of its own: the program makes two or three in its whole life. */
record HttpCall(Endpoint endpoint, Duration timeout) {
    private static final int MAX_ANSWER = 64 << 20;
    private static final int MAX_LINE = 64 << 10;

    /** An answer, read whole. */
    static final class Answer {
        private final int status;
        private final byte[] body;

        Answer(int status, byte[] body) {
            this.status = status;
            this.body = body;
        }

        int status() {
            return status;
        }

        /** The bytes themselves, not a copy. */
        byte[] body() {
            return body;
        }
    }

    private static final class TooLargeException extends IOException {
        TooLargeException() {
            super("the answer is larger than " + (MAX_ANSWER >> 20) + " MiB");
        }
    }

    /** The connection broke before the answer was whole: it is not known whether the server acted. */
    static final class BrokenException extends IOException {
        BrokenException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /**
     * Sends it once.
     *
     * @param key the same for every try of a change, so that a server that made it already does not make it again
     * @throws BrokenException where another try may help
     */
    Answer send(String method, ApiPath path, byte @Nullable [] body, UUID key) throws IOException {
        try (Connection connection = endpoint.open(timeout)) {
            return exchanged(connection, method, path, body, key);
        } catch (HttpException e) {
            throw new IOException("the answer is not HTTP/1.1: " + e.getMessage(), e);
        }
    }

    /**
     * Sends it once, and gives the body of a good answer to the stream as it comes; of another one it is returned.
     *
     * @throws IOException where the answer breaks off, or the stream takes no more
     */
    Answer download(ApiPath path, byte[] body, UUID key, OutputStream sink) throws IOException {
        try (Connection connection = endpoint.open(timeout)) {
            OutputStream out = connection.out();
            out.write(head("POST", path, body, key).getBytes(StandardCharsets.ISO_8859_1));
            out.write(body);
            out.flush();
            Http1Config config = Http1Config.custom().setMaxLineLength(MAX_LINE).build();
            SessionInputBufferImpl buffer = new SessionInputBufferImpl(8192, MAX_LINE);
            ClassicHttpResponse response = head(buffer, connection.in(), config);
            InputStream content = entity(response, buffer, connection.in(), config);
            if (response.getCode() >= 300) {
                return new Answer(response.getCode(), content.readNBytes(MAX_ANSWER));
            }
            content.transferTo(sink);
            return new Answer(response.getCode(), new byte[0]);
        } catch (HttpException e) {
            throw new IOException("the answer is not HTTP/1.1: " + e.getMessage(), e);
        }
    }

    private Answer exchanged(Connection connection, String method, ApiPath path, byte @Nullable [] body, UUID key)
            throws IOException, HttpException {
        try {
            OutputStream out = connection.out();
            byte[] head = head(method, path, body, key).getBytes(StandardCharsets.ISO_8859_1);
            byte[] message = new byte[head.length + (body == null ? 0 : body.length)];
            System.arraycopy(head, 0, message, 0, head.length);
            if (body != null) {
                System.arraycopy(body, 0, message, head.length, body.length);
            }
            out.write(message);
            out.flush();
            return read(connection.in());
        } catch (SocketTimeoutException | TooLargeException e) {
            throw e;
        } catch (IOException e) {
            throw new BrokenException(e);
        }
    }

    private String head(String method, ApiPath path, byte @Nullable [] body, UUID key) {
        StringBuilder head = new StringBuilder();
        head.append(method).append(' ').append(endpoint.prefix()).append(path).append(" HTTP/1.1\r\nHost: ");
        head.append(endpoint.host()).append("\r\nAccept: application/json\r\nConnection: close\r\n");
        if (method.equals("POST") || method.equals("PATCH")) {
            head.append("Idempotency-Key: ").append(key).append("\r\n");
            head.append("Content-Length: ")
                    .append(body == null ? 0 : body.length)
                    .append("\r\n");
        }
        if (body != null) {
            String type = method.equals("PATCH") ? "application/merge-patch+json" : "application/json";
            head.append("Content-Type: ").append(type).append("\r\n");
        }
        if (endpoint.token() != null) {
            head.append("Authorization: Bearer ").append(endpoint.token()).append("\r\n");
        }
        return head.append("\r\n").toString();
    }

    private static Answer read(InputStream in) throws IOException, HttpException {
        Http1Config config = Http1Config.custom().setMaxLineLength(MAX_LINE).build();
        SessionInputBufferImpl buffer = new SessionInputBufferImpl(8192, MAX_LINE);
        ClassicHttpResponse response = head(buffer, in, config);
        byte[] body = entity(response, buffer, in, config).readNBytes(MAX_ANSWER + 1);
        if (body.length > MAX_ANSWER) {
            throw new TooLargeException();
        }
        return new Answer(response.getCode(), body);
    }

    private static ClassicHttpResponse head(SessionInputBufferImpl buffer, InputStream in, Http1Config config)
            throws IOException, HttpException {
        DefaultHttpResponseParser parser = new DefaultHttpResponseParser(config);
        ClassicHttpResponse response;
        do {
            response = parser.parse(buffer, in);
            if (response == null) {
                throw new IOException("the connection was closed before an answer");
            }
        } while (response.getCode() < 200);
        return response;
    }

    private static InputStream entity(
            ClassicHttpResponse response, SessionInputBufferImpl buffer, InputStream in, Http1Config config)
            throws HttpException {
        if (response.getCode() == 204 || response.getCode() == 304) {
            return InputStream.nullInputStream();
        }
        long length = DefaultContentLengthStrategy.INSTANCE.determineLength(response);
        if (length == ContentLengthStrategy.CHUNKED) {
            return new ChunkedInputStream(buffer, in, config);
        }
        return length >= 0 ? new ContentLengthInputStream(buffer, in, length) : new IdentityInputStream(buffer, in);
    }
}
