package io.llmproxy.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;

/**
 * An HTTP/1.1 server on loopback that can misbehave as real providers do. Unless told otherwise it is a plausible OpenAI server
 * ({@link FakeOpenAi}); {@link #on} puts a script in the place of its answers to a path, {@link #requests} shows what it got.
 *
 * <pre>{@code
 * try (FakeProvider up = FakeProvider.start()) {
 *     up.on("/v1/chat/completions", Script.answer(429, "{}", "Retry-After", "3"));
 *     Gate gate = new Gate();
 *     up.on("/v1/embeddings", c -> { c.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"); gate.await(); c.write("{}"); });
 *     ... up.baseUrl() ...
 * }
 * }</pre>
 */
public final class FakeProvider implements AutoCloseable {
    /** One request as it came. */
    @SuppressWarnings("ArrayRecordComponent") // requests are looked at, not compared
    public record Request(
            String method,
            String target,
            Map<String, List<String>> headers,
            byte[] body,
            Map<String, List<String>> trailers) {
        public String path() {
            int question = target.indexOf('?');
            return question < 0 ? target : target.substring(0, question);
        }

        /** The first value of a field, its name in any case; null: there is none. */
        public @org.jspecify.annotations.Nullable String header(String name) {
            return first(headers, name);
        }

        /** The first value of a field that came after the body; null: there is none. */
        public @org.jspecify.annotations.Nullable String trailer(String name) {
            return first(trailers, name);
        }

        private static @org.jspecify.annotations.Nullable String first(Map<String, List<String>> fields, String name) {
            List<String> values = fields.get(name.toLowerCase(java.util.Locale.ROOT));
            return values == null ? null : values.getFirst();
        }

        public String text() {
            return new String(body, java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    /** What is done on a connection after a request was read; the connection stays open unless the script closes it. */
    @FunctionalInterface
    public interface Script {
        void play(FakeConnection connection) throws IOException, InterruptedException;

        /** An answer with its right length. */
        static Script answer(int status, String body, String... headers) {
            return c -> c.answer(status, body.getBytes(java.nio.charset.StandardCharsets.UTF_8), headers);
        }

        /** These bytes (ISO 8859-1) and nothing else. */
        static Script raw(String bytes) {
            return c -> c.write(bytes);
        }

        /** These bytes, then an orderly close. */
        static Script rawThenClose(String bytes) {
            return c -> {
                c.write(bytes);
                c.close();
            };
        }

        /** These bytes, then a TCP reset. */
        static Script rawThenReset(String bytes) {
            return c -> {
                c.write(bytes);
                c.reset();
            };
        }

        /** Nothing, until the other side closes. */
        static Script silence() {
            return FakeConnection::awaitClose;
        }
    }

    private final ServerSocket server;
    private final boolean tls;
    private final Map<String, Script> scripts = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger closedByPeer = new AtomicInteger();
    private final FakeOpenAi openAi = new FakeOpenAi();
    private volatile Script otherwise = openAi;
    private final Thread acceptor;
    private volatile Script beforeBody = c -> {};

    private FakeProvider(ServerSocket server, boolean tls) {
        this.server = server;
        this.tls = tls;
        this.acceptor = Thread.ofVirtual().name("fake-provider").start(this::accept);
    }

    public static FakeProvider start() {
        try {
            return new FakeProvider(new ServerSocket(0, 1000, InetAddress.getLoopbackAddress()), false);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    public static FakeProvider startTls(SSLContext context) {
        return startTls(context, false);
    }

    /** @param askClients whether clients must show a certificate */
    public static FakeProvider startTls(SSLContext context, boolean askClients) {
        try {
            InetAddress loopback = InetAddress.getLoopbackAddress();
            SSLServerSocket server =
                    (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 1000, loopback);
            SSLParameters parameters = server.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
            parameters.setNeedClientAuth(askClients);
            server.setSSLParameters(parameters);
            return new FakeProvider(server, true);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    public int port() {
        return server.getLocalPort();
    }

    /** The base URL as an operator would give it for type openai. */
    public URI baseUrl() {
        return URI.create(origin() + "/v1");
    }

    public String origin() {
        return (tls ? "https" : "http") + "://127.0.0.1:" + port();
    }

    /** Plays {@code script} for every request to this path from now on. */
    public FakeProvider on(String path, Script script) {
        scripts.put(path, script);
        return this;
    }

    /** Plays the scripts one after the other, the last one again and again. */
    public FakeProvider on(String path, Script first, Script second, Script... more) {
        List<Script> all = new java.util.ArrayList<>(List.of(first, second));
        all.addAll(List.of(more));
        AtomicInteger next = new AtomicInteger();
        return on(
                path,
                c -> all.get(Math.min(next.getAndIncrement(), all.size() - 1)).play(c));
    }

    /** Back to the plausible OpenAI server, for this path. */
    public FakeProvider restore(String path) {
        scripts.remove(path);
        return this;
    }

    /** Plays {@code script} for every path that has none, in the place of the OpenAI server. */
    public FakeProvider otherwise(Script script) {
        otherwise = script;
        return this;
    }

    /** Back to the OpenAI server for every path that has no script. */
    public FakeProvider restoreOtherwise() {
        otherwise = openAi;
        return this;
    }

    public List<Request> requests() {
        return List.copyOf(requests);
    }

    public Request lastRequest() {
        return requests.getLast();
    }

    /** Waits until that many requests came, thirty seconds at most. */
    public List<Request> awaitRequests(int count) {
        await(() -> requests.size() >= count, count + " requests; there are " + requests.size());
        return requests();
    }

    /** Connections accepted so far. */
    public int connections() {
        return accepted.get();
    }

    public int openConnections() {
        return open.size();
    }

    /** Waits until the other side has closed that many connections in all, thirty seconds at most. */
    public void awaitClosedByPeer(int count) {
        await(() -> closedByPeer.get() >= count, count + " closed connections");
    }

    /** Closes every open connection, as a server does that restarts. */
    public void dropConnections() {
        open.forEach(FakeConnection::closeQuietly);
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        awaitAcceptor();
        dropConnections();
    }

    /** The port is free only when the thread that waits on it has noticed. */
    private void awaitAcceptor() {
        try {
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(BooleanSupplier condition, String what) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited thirty seconds for " + what);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                accepted.incrementAndGet();
                open.add(socket);
                Thread.ofVirtual().name("fake-connection").start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            FakeConnection connection = new FakeConnection(socket);
            while (connection.readHead()) {
                beforeBody.play(connection);
                connection.readBody();
                requests.add(connection.request());
                Script script = scripts.getOrDefault(connection.request().path(), otherwise);
                script.play(connection);
            }
            if (!connection.closedHere()) {
                closedByPeer.incrementAndGet();
            }
        } catch (IOException e) {
            closedByPeer.incrementAndGet();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
        }
    }

    /** Plays {@code script} as soon as a request's head came, before its body is read. */
    public FakeProvider beforeBody(Script script) {
        beforeBody = script;
        return this;
    }
}
