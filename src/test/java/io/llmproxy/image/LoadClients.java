package io.llmproxy.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that send chats without a pause, every second one as a stream, each on its own connection, until the server is gone;
 * an answer counts when its last byte is there.
 */
final class LoadClients {
    private final int port;
    private final String key;
    private final Queue<String> whole = new ConcurrentLinkedQueue<>();
    private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final boolean everServed;
    private volatile boolean stopped;

    LoadClients(URI gateway, String key, int clients) {
        this(gateway, key, clients, false);
    }

    /** @param everServed whether a refused connection is a failure, and the clients end when they are stopped */
    LoadClients(URI gateway, String key, int clients, boolean everServed) {
        this.everServed = everServed;
        this.port = gateway.getPort();
        this.key = key;
        for (int i = 0; i < clients; i++) {
            threads.add(Thread.ofVirtual().name("load-client-" + i).start(this::untilGone));
        }
    }

    /** The ids of the answers that are there whole. */
    List<String> whole() {
        return List.copyOf(whole);
    }

    /** What went wrong in requests: a refused connection is the end and no failure. */
    List<Exception> failures() {
        return List.copyOf(failures);
    }

    /** Waits for so many whole answers, a minute at most. */
    void await(int answers) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (whole.size() < answers) {
            if (System.nanoTime() > end) {
                throw new AssertionError(whole.size() + " answers in a minute; failures: " + failures);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Waits until every client has seen that the server is gone. */
    void join() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** Each ends with the answer that it is at. */
    void stop() throws InterruptedException {
        stopped = true;
        join();
    }

    private void untilGone() {
        try {
            while (!stopped) {
                try (Socket socket = connect()) {
                    requestsOn(socket);
                }
            }
        } catch (ConnectException e) {
            if (everServed) {
                failures.add(e);
            }
            return; // refused: nobody listens any more
        } catch (IOException | RuntimeException e) {
            failures.add(e);
        }
    }

    /** One that the kernel had queued when the port closed may be reset inside its own connect: the next is refused plainly. */
    private Socket connect() throws IOException {
        while (true) {
            try {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(60_000);
                return socket;
            } catch (ConnectException e) {
                throw e;
            } catch (SocketException reset) {
                if (everServed) {
                    throw reset;
                }
                Thread.onSpinWait();
            }
        }
    }

    private void requestsOn(Socket socket) throws IOException {
        InputStream in = new BufferedInputStream(socket.getInputStream());
        boolean stream = false;
        String head;
        do {
            socket.getOutputStream().write(request(stream));
            head = head(in);
            if (!head.startsWith("HTTP/1.1 200 ")) {
                throw new IOException("not served: " + head);
            }
            body(in, head);
            whole.add(field(head, "x-request-id"));
            stream = !stream;
        } while (!stopped && !field(head, "connection").equals("close"));
    }

    private byte[] request(boolean stream) {
        String body =
                "{\"model\":\"small\",\"stream\":" + stream + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        return ("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + key
                        + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(US_ASCII);
    }

    private static void body(InputStream in, String head) throws IOException {
        if (!field(head, "transfer-encoding").equals("chunked")) {
            skip(in, Integer.parseInt(field(head, "content-length")));
            return;
        }
        int size;
        do {
            size = Integer.parseInt(line(in), 16);
            skip(in, size);
            line(in);
        } while (size > 0);
    }

    private static void skip(InputStream in, int bytes) throws IOException {
        if (in.readNBytes(bytes).length < bytes) {
            throw new EOFException("the body ended early");
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            head.append(line).append('\n');
        }
        return head.toString();
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the connection ended");
            }
            line.write(b);
        }
        return line.toString(ISO_8859_1).stripTrailing();
    }

    private static String field(String head, String name) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse("");
    }
}
