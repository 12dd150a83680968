package io.llmproxy.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy on loopback: tunnels for CONNECT, whole addresses for the rest (answers need a Content-Length). Every name is
 * loopback to it; what it was asked is in {@link #heads}.
 */
public final class FakeProxy implements AutoCloseable {
    private final ServerSocket server;
    private final @Nullable String authorization;
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final Thread acceptor;

    private FakeProxy(ServerSocket server, @Nullable String authorization) {
        this.server = server;
        this.authorization = authorization;
        this.acceptor = Thread.ofVirtual().name("fake-proxy").start(this::accept);
    }

    /** @param login {@code user:password} that it asks for; null: none */
    public static FakeProxy start(@Nullable String login) {
        try {
            String expected = login == null
                    ? null
                    : "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
            return new FakeProxy(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()), expected);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return server.getLocalPort();
    }

    /** The heads of the requests that came, as they came. */
    public List<String> heads() {
        return List.copyOf(heads);
    }

    @Override
    public void close() {
        try {
            server.close();
            // the port is free only when the thread that waits on it has noticed
            acceptor.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Thread.ofVirtual().name("fake-proxy-connection").start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            for (String head = head(client.getInputStream()); !head.isEmpty(); head = head(client.getInputStream())) {
                heads.add(head);
                if (authorization != null && !head.contains("Proxy-Authorization: " + authorization + "\r\n")) {
                    client.getOutputStream().write(bytes("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"));
                } else if (head.startsWith("CONNECT ")) {
                    tunnel(client, head);
                    return;
                } else {
                    forward(client, head);
                }
            }
        } catch (IOException | InterruptedException e) {
            // one of the two is gone
        }
    }

    private static void tunnel(Socket client, String head) throws IOException, InterruptedException {
        try (Socket upstream = connected(head.split(" ", -1)[1])) {
            client.getOutputStream().write(bytes("HTTP/1.1 200 Connection established\r\nX-Proxy: fake\r\n\r\n"));
            Thread back = Thread.ofVirtual().start(() -> pipe(upstream, client));
            pipe(client, upstream);
            back.join();
        }
    }

    private static void forward(Socket client, String head) throws IOException {
        String target = head.split(" ", -1)[1].substring("http://".length());
        int slash = target.indexOf('/');
        try (Socket upstream = connected(target.substring(0, slash))) {
            String passed = head.replace("http://" + target.substring(0, slash), "")
                    .replaceAll("Proxy-Authorization: [^\r]*\r\n", "");
            upstream.getOutputStream().write(bytes(passed));
            upstream.getOutputStream().write(client.getInputStream().readNBytes(length(head)));
            String answer = head(upstream.getInputStream());
            client.getOutputStream().write(bytes(answer));
            client.getOutputStream().write(upstream.getInputStream().readNBytes(length(answer)));
        }
    }

    private static Socket connected(String authority) throws IOException {
        int port = Integer.parseInt(authority.substring(authority.lastIndexOf(':') + 1));
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    private static int length(String head) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .map(line -> Integer.parseInt(
                        line.substring("content-length:".length()).strip()))
                .findFirst()
                .orElse(0);
    }

    private static void pipe(Socket from, Socket to) {
        try (OutputStream out = to.getOutputStream()) {
            from.getInputStream().transferTo(out);
        } catch (IOException e) {
            // the tunnel is over
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        for (int b; (b = in.read()) >= 0; ) {
            head.write(b);
            if (b == '\n' && head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                return head.toString(StandardCharsets.ISO_8859_1);
            }
        }
        return "";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
