package io.llmproxy.testing;

import io.llmproxy.testing.FakeProvider.Request;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** One connection of a {@link FakeProvider}: what a script writes goes out at once, byte for byte. */
public final class FakeConnection {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private @Nullable Request request;

    FakeConnection(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.out = socket.getOutputStream();
    }

    /** The request that is being answered. */
    public Request request() {
        return Objects.requireNonNull(request);
    }

    public FakeConnection write(String latin1) throws IOException {
        return write(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    public FakeConnection write(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        return this;
    }

    /** One byte at a time. */
    public FakeConnection trickle(String latin1, int pauseMillis) throws IOException, InterruptedException {
        for (byte b : latin1.getBytes(StandardCharsets.ISO_8859_1)) {
            write(new byte[] {b});
            pause(pauseMillis);
        }
        return this;
    }

    public FakeConnection pause(int millis) throws InterruptedException {
        Thread.sleep(millis);
        return this;
    }

    /** A whole answer. */
    public void answer(int status, byte[] body, String... headers) throws IOException {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Fake\r\n");
        for (int i = 0; i < headers.length; i += 2) {
            head.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
        }
        head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        if (!request().method().equals("HEAD")) {
            whole.writeBytes(body);
        }
        write(whole.toByteArray());
    }

    /** The head of a chunked answer. */
    public FakeConnection head(int status, String... headers) throws IOException {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Fake\r\nTransfer-Encoding: chunked\r\n");
        for (int i = 0; i < headers.length; i += 2) {
            head.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
        }
        return write(head.append("\r\n").toString());
    }

    public FakeConnection chunk(String utf8) throws IOException {
        return chunk(utf8.getBytes(StandardCharsets.UTF_8));
    }

    public FakeConnection chunk(byte[] bytes) throws IOException {
        ByteArrayOutputStream chunk = new ByteArrayOutputStream();
        chunk.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        chunk.writeBytes(bytes);
        chunk.writeBytes(new byte[] {'\r', '\n'});
        return write(chunk.toByteArray());
    }

    /** One server-sent event as a chunk. */
    public FakeConnection event(String data) throws IOException {
        return chunk("data: " + data + "\n\n");
    }

    public void lastChunk() throws IOException {
        write("0\r\n\r\n");
    }

    /** The name and the protocol that the client asked for in its TLS greeting, as {@code name protocol}; empty without TLS. */
    public String greeting() {
        if (!(socket instanceof SSLSocket tls) || !(tls.getSession() instanceof ExtendedSSLSession session)) {
            return "";
        }
        StringBuilder out = new StringBuilder();
        session.getRequestedServerNames().forEach(name -> out.append(((SNIHostName) name).getAsciiName()));
        return out.append(' ').append(tls.getApplicationProtocol()).toString();
    }

    /** An orderly close. */
    public void close() {
        closeQuietly(socket);
    }

    /** A TCP reset. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        close();
    }

    /** Blocks until the other side closes. */
    public void awaitClose() throws IOException {
        while (in.read() >= 0) {
            // whatever still comes is of no interest
        }
    }

    boolean closedHere() {
        return socket.isClosed();
    }

    /** False where the connection ended instead. */
    boolean readHead() throws IOException {
        if (socket.isClosed()) {
            return false;
        }
        String line = line();
        if (line == null) {
            return false;
        }
        String[] parts = line.split(" ", -1);
        request = new Request(parts[0], parts[1], fields(), new byte[0], Map.of());
        return true;
    }

    void readBody() throws IOException {
        Request head = request();
        String length = head.header("Content-Length");
        boolean chunked = "chunked".equalsIgnoreCase(head.header("Transfer-Encoding"));
        byte[] body = chunked ? chunks() : exactly(length == null ? 0 : Integer.parseInt(length));
        Map<String, List<String>> trailers = chunked ? fields() : Map.of();
        request = new Request(head.method(), head.target(), head.headers(), body, trailers);
    }

    private Map<String, List<String>> fields() throws IOException {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        for (String line = line(); line != null && !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            fields.computeIfAbsent(line.substring(0, colon).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                    .add(line.substring(colon + 1).strip());
        }
        return fields;
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return bytes;
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size; (size = Integer.parseInt(Objects.requireNonNull(line()), 16)) > 0; ) {
            body.writeBytes(exactly(size));
            line();
        }
        return body.toByteArray();
    }

    private @Nullable String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b; (b = in.read()) != '\n'; ) {
            if (b < 0) {
                return null;
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone in any case
        }
    }
}
