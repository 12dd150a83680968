package io.llmproxy.adapter.http;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A client that sends exactly the bytes it is told and shows exactly the bytes it gets. */
final class RawClient implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    RawClient(int port) throws IOException {
        this(new Socket(InetAddress.getLoopbackAddress(), port));
    }

    RawClient(Socket connected) throws IOException {
        socket = connected;
        socket.setSoTimeout(30_000);
        socket.setTcpNoDelay(true);
        in = socket.getInputStream();
    }

    /** An answer: status line with fields, and the body without its framing. */
    record Answer(String head, String body) {
        int status() {
            return Integer.parseInt(head.substring(9, 12));
        }

        String field(String name) {
            for (String line : head.split("\r\n")) {
                if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
                    return line.substring(name.length() + 1).strip();
                }
            }
            return "";
        }
    }

    Socket socket() {
        return socket;
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    RawClient get(String target) throws IOException {
        return send("GET " + target + " HTTP/1.1\r\nHost: gateway\r\n\r\n");
    }

    String readHead() throws IOException {
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            head.append((char) octet());
        }
        return head.toString();
    }

    Answer answer() throws IOException {
        String head = readHead();
        Answer answer = new Answer(head, "");
        if (answer.field("Transfer-Encoding").equals("chunked")) {
            return new Answer(head, chunked());
        }
        String length = answer.field("Content-Length");
        return new Answer(head, length.isEmpty() ? "" : read(Integer.parseInt(length)));
    }

    String read(int length) throws IOException {
        return new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    /** One chunk's data; empty: the last one. */
    String chunk() throws IOException {
        String data = read(Integer.parseInt(line(), 16));
        line();
        return data;
    }

    String rest() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    /** True when the server has ended the connection, in whatever way. */
    boolean endsOrResets() throws IOException {
        try {
            rest();
            return true;
        } catch (SocketException e) {
            return true;
        }
    }

    boolean closedByServer() throws IOException {
        return in.read() < 0;
    }

    /** Closes with a reset instead of an orderly end. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private String chunked() throws IOException {
        StringBuilder body = new StringBuilder();
        for (String chunk = chunk(); !chunk.isEmpty(); chunk = chunk()) {
            body.append(chunk);
        }
        return body.toString();
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = octet(); c != '\n'; c = octet()) {
            line.write(c);
        }
        return line.toString(StandardCharsets.US_ASCII).stripTrailing();
    }

    private int octet() throws IOException {
        int c = in.read();
        if (c < 0) {
            throw new EOFException("The server closed the connection.");
        }
        return c;
    }
}
