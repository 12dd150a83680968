package io.llmproxy.testing.openai;

import io.llmproxy.testing.FakeConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/**
 * Whatever can go wrong at a provider, chosen by the model that a request asks for: {@code fail-STATUS} is an error answer,
 * {@code fail-once-STATUS} one before a good answer; the others are named where they are played.
 */
public final class FakeFailures {
    private static final String PREFIX = "fail-";

    private final Map<String, Boolean> failedOnce = new ConcurrentHashMap<>();
    private final AtomicInteger hungUp = new AtomicInteger();

    /** {@code /hung-up} tells how many answers that never end the other side has closed. */
    public void routes(Routes routes) {
        routes.on("GET /hung-up", call -> call.json("{\"closed\":" + hungUp + "}"));
    }

    /** Whether the request was answered, or is to be answered no more. */
    public boolean play(FakeConnection connection) throws IOException, InterruptedException {
        Call call = new Call(connection, List.of());
        String type = String.valueOf(connection.request().header("content-type"));
        if (!type.startsWith("application/json")) {
            return false;
        }
        JsonNode body = call.json();
        String model = body.path("model").asString("");
        if (!model.startsWith(PREFIX)) {
            return false;
        }
        String what = model.substring(PREFIX.length());
        if (what.startsWith("once-")) {
            return failedOnce.putIfAbsent(what, true) == null && refuse(call, what.substring("once-".length()));
        }
        return body.path("stream").asBoolean(false) ? breakStream(call, what) : refuse(call, what);
    }

    private boolean refuse(Call call, String what) throws IOException {
        switch (what) {
            case "400" -> call.error(400, "Invalid value: 'ü'.", "messages[0].role", "invalid_value");
            case "401" -> call.error(401, "Incorrect API key provided.", null, "invalid_api_key");
            case "403" -> call.error(403, "Country not supported.", null, "unsupported_country_region_territory");
            case "404" -> call.error(404, "The model does not exist.", "model", "model_not_found");
            case "409" -> call.error(409, "Another one is at it.", null, "conflict");
            case "422" -> call.error(422, "That makes no sense.", "input", null);
            case "429" -> call.error(429, "Slow down.", null, "rate_limit_exceeded", "Retry-After", "1");
            case "500" -> call.error(500, "The server had an error.", null, null);
            case "503" -> call.error(503, "Overloaded.", null, "overloaded", "retry-after-ms", "250");
            case "final" -> call.error(503, "Do not come back.", null, null, "x-should-retry", "false");
            case "html" ->
                call.bytes(
                        502, "text/html", "<html><h1>502 Bad Gateway</h1></html>".getBytes(StandardCharsets.US_ASCII));
            case "bare" -> call.bytes(500, "application/json", new byte[0]);
            case "close" -> call.connection().close();
            case "half" ->
                call.connection()
                        .write(
                                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{\"id\":")
                        .close();
            default -> hang(call);
        }
        return true;
    }

    private boolean breakStream(Call call, String what) throws IOException, InterruptedException {
        switch (what) {
            case "event" -> {
                begin(call).event("""
                        {"error":{"message":"The server had an error.","type":"server_error","param":null,"code":"boom"}}""");
                call.connection().lastChunk();
            }
            case "cut" -> begin(call).connection().close();
            case "slow" -> {
                begin(call);
                for (int i = 0; i < 5; i++) {
                    call.connection().pause(40);
                    say(call, "word " + i);
                }
                call.event("[DONE]").connection().lastChunk();
            }
            case "hang" -> hang(begin(call));
            default -> {
                return refuse(call, what);
            }
        }
        return true;
    }

    private void hang(Call call) throws IOException {
        try {
            call.connection().awaitClose();
        } finally {
            hungUp.incrementAndGet();
        }
    }

    private static Call begin(Call call) throws IOException {
        call.stream();
        say(call, "Hel");
        say(call, "lo");
        return call;
    }

    private static void say(Call call, String word) throws IOException {
        call.event("""
                {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1750000000,"model":"gpt-4o-mini",\
                "choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}""".formatted(word));
    }
}
