package io.llmproxy.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** An OpenAI-format provider on loopback; its stream stops after the first event until the test has seen that one. */
final class ScriptedUpstream implements AutoCloseable {
    static final int PROMPT_TOKENS = 7;
    static final int COMPLETION_TOKENS = 3;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch firstEventSeen = new CountDownLatch(1);
    private final List<String> authorizations = new CopyOnWriteArrayList<>();

    ScriptedUpstream() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/v1/chat/completions", this::chat);
        server.start();
    }

    String baseUrl() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    /** Lets the stream go on past its first event. */
    void firstEventSeen() {
        firstEventSeen.countDown();
    }

    /** What came as {@code Authorization}, in order. */
    List<String> authorizations() {
        return authorizations;
    }

    @Override
    public void close() {
        firstEventSeen.countDown();
        server.stop(0);
        threads.close();
    }

    private void chat(HttpExchange exchange) throws IOException {
        try (exchange) {
            authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("authorization")));
            String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            if (body.contains("\"stream\":true")) {
                stream(exchange);
            } else {
                whole(exchange);
            }
        }
    }

    private static void whole(HttpExchange exchange) throws IOException {
        byte[] body = """
                {"id":"c1","object":"chat.completion","created":1,"model":"small","choices":[{"index":0,
                "finish_reason":"stop","message":{"role":"assistant","content":"Hello"}}],"usage":%s}""".formatted(usage()).getBytes(UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
    }

    private void stream(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        event(out, "[{\"index\":0,\"delta\":{\"content\":\"first\"},\"finish_reason\":null}]", "null");
        awaitFirstEventSeen();
        event(out, "[{\"index\":0,\"delta\":{\"content\":\"last\"},\"finish_reason\":\"stop\"}]", "null");
        event(out, "[]", usage());
        out.write("data: [DONE]\n\n".getBytes(UTF_8));
    }

    private void awaitFirstEventSeen() throws IOException {
        try {
            if (!firstEventSeen.await(30, TimeUnit.SECONDS)) {
                throw new IOException("the first event did not reach the client while the stream was open");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static void event(OutputStream out, String choices, String usage) throws IOException {
        out.write("""
                data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"small","choices":%s,"usage":%s}

                """.formatted(choices, usage).getBytes(UTF_8));
        out.flush();
    }

    private static String usage() {
        return "{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}"
                .formatted(PROMPT_TOKENS, COMPLETION_TOKENS, PROMPT_TOKENS + COMPLETION_TOKENS);
    }
}
