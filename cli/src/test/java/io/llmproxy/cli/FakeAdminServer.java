package io.llmproxy.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A server on a Unix-domain socket or on loopback that gives scripted answers and keeps what it was asked. */
final class FakeAdminServer implements AutoCloseable {
    /** One request as it came. */
    record Seen(String line, String head, String body) {}

    /** What is answered: the whole message after the status line's version. */
    private record Reply(String message) {}

    private final Map<String, Queue<Reply>> script = new ConcurrentHashMap<>();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();
    private final AutoCloseable listener;

    private final Thread acceptor;

    private FakeAdminServer(AutoCloseable listener, Consumer<FakeAdminServer> accepting) {
        this.listener = listener;
        this.acceptor = Thread.ofVirtual().start(() -> accepting.accept(this));
    }

    static FakeAdminServer on(Path socket) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        channel.bind(UnixDomainSocketAddress.of(socket));
        return new FakeAdminServer(channel, server -> server.acceptUnix(channel));
    }

    static FakeAdminServer onLoopback(ServerSocket socket) {
        return new FakeAdminServer(socket, server -> server.acceptTcp(socket));
    }

    static ServerSocket loopback() throws IOException {
        return new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    }

    /** Answers the request (method, blank, path with query) so; several answers are given in turn, the last one for good. */
    FakeAdminServer answer(String request, int status, String json) {
        int length = json.getBytes(StandardCharsets.UTF_8).length;
        return raw(request, status + " X\r\nContent-Length: " + length + "\r\n\r\n" + json);
    }

    FakeAdminServer raw(String request, String message) {
        script.computeIfAbsent(request, r -> new ConcurrentLinkedQueue<>()).add(new Reply(message));
        return this;
    }

    List<Seen> seen() {
        return seen;
    }

    List<String> lines() {
        return seen.stream().map(Seen::line).toList();
    }

    Seen last() {
        return seen.get(seen.size() - 1);
    }

    private void acceptUnix(ServerSocketChannel channel) {
        while (channel.isOpen()) {
            try (SocketChannel connection = channel.accept()) {
                serve(Channels.newInputStream(connection), Channels.newOutputStream(connection));
            } catch (IOException e) {
                // the test is over, or the client went away
            }
        }
    }

    private void acceptTcp(ServerSocket socket) {
        while (!socket.isClosed()) {
            try (Socket connection = socket.accept()) {
                serve(connection.getInputStream(), connection.getOutputStream());
            } catch (IOException e) {
                // the test is over, or the client went away
            }
        }
    }

    private void serve(InputStream raw, OutputStream out) throws IOException {
        InputStream in = new BufferedInputStream(raw);
        String head = head(in);
        if (head.isEmpty()) {
            return;
        }
        String line = head.substring(0, head.indexOf(" HTTP/1.1"));
        byte[] body = in.readNBytes(length(head));
        seen.add(new Seen(line, head, new String(body, StandardCharsets.UTF_8)));
        Queue<Reply> replies = script.get(line);
        Reply reply = new Reply("404 X\r\nContent-Length: 32\r\n\r\n{\"detail\":\"not in the script...\"}");
        if (replies != null && !replies.isEmpty()) {
            reply = replies.size() > 1 ? replies.remove() : replies.element();
        }
        out.write(("HTTP/1.1 " + reply.message()).getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        String head = "";
        for (int b = in.read(); b >= 0 && !head.endsWith("\r\n\r\n"); b = in.read()) {
            bytes.write(b);
            head = bytes.toString(StandardCharsets.ISO_8859_1);
            if (head.endsWith("\r\n\r\n")) {
                break;
            }
        }
        return head;
    }

    private static int length(String head) {
        int at = head.indexOf("Content-Length: ");
        return at < 0 ? 0 : Integer.parseInt(head.substring(at + 16, head.indexOf("\r\n", at)));
    }

    @Override
    public void close() {
        try {
            listener.close();
            // the kernel listens until the thread that accepts has let go
            acceptor.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
