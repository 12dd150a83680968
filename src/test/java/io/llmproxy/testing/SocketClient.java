package io.llmproxy.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** An HTTP/1.1 client of a few lines over a bare channel, so that tests send what no real client would. */
public final class SocketClient {
    private final SocketAddress address;

    public SocketClient(SocketAddress address) {
        this.address = address;
    }

    public static SocketClient of(Path socket) {
        return new SocketClient(UnixDomainSocketAddress.of(socket));
    }

    /** What came back; header names in lower case. */
    public record Response(int status, Map<String, String> headers, String body) {}

    public Response send(String method, String path, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + (bytes.length == 0
                        ? ""
                        : "Content-Type: application/json\r\nContent-Length: " + bytes.length + "\r\n")
                + "\r\n";
        return raw(head, bytes);
    }

    public Response get(String path) throws IOException {
        return send("GET", path, "");
    }

    /** Sends the bytes and reads to the connection's end. */
    public Response raw(String head, byte[] body) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address)) {
            writeAll(channel, head.getBytes(StandardCharsets.ISO_8859_1));
            try {
                writeAll(channel, body);
            } catch (IOException e) {
                // refused before it was read: the answer is there all the same
            }
            return parse(readAll(channel));
        }
    }

    private static void writeAll(SocketChannel channel, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static byte[] readAll(SocketChannel channel) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(65536);
        try {
            while (channel.read(buffer) >= 0) {
                out.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
        } catch (IOException e) {
            // reset after the answer
        }
        return out.toByteArray();
    }

    private static Response parse(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return new Response(0, Map.of(), text);
        }
        String[] lines = text.substring(0, end).split("\r\n");
        Map<String, String> headers = new TreeMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            headers.put(
                    lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                    lines[i].substring(colon + 1).strip());
        }
        return new Response(Integer.parseInt(lines[0].split(" ")[1]), headers, text.substring(end + 4));
    }
}
