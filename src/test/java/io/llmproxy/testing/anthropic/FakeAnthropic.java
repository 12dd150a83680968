package io.llmproxy.testing.anthropic;

import io.llmproxy.testing.FakeConnection;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.openai.Call;
import io.llmproxy.testing.openai.Routes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/**
 * Answers as Anthropic's API does: messages, their batches, models and files. Models named {@code fail-…} fail: {@code fail-STATUS} by
 * an error answer, {@code fail-once-STATUS} before a good one, the others as they are played here.
 */
public final class FakeAnthropic implements Script {
    private static final String MODEL = """
            {"type":"model","id":"%s","display_name":"Claude","created_at":"2025-09-29T00:00:00Z"}""";
    private static final String BATCH = """
            {"id":"%1$s","type":"message_batch","processing_status":"%2$s","request_counts":{"processing":0,"succeeded":2,"errored":0,\
            "canceled":0,"expired":0},"ended_at":null,"created_at":"2025-09-29T00:00:00Z","expires_at":"2025-09-30T00:00:00Z",\
            "archived_at":null,"cancel_initiated_at":null,"results_url":null}""";
    /** Has its results where Anthropic has them. */
    private static final String ENDED = "msgbatch_ended";

    private static final String RESULT = """
            {"custom_id":"%s","result":{"type":"canceled"}}
            """;
    private static final String FILE = """
            {"id":"%s","type":"file","filename":"grüße.txt","mime_type":"text/plain","size_bytes":12,"created_at":\
            "2025-09-29T00:00:00Z","downloadable":true}""";
    private static final Map<String, String> TYPES = Map.of(
            "400", "invalid_request_error",
            "401", "authentication_error",
            "403", "permission_error",
            "404", "not_found_error",
            "413", "request_too_large",
            "429", "rate_limit_error",
            "500", "api_error",
            "529", "overloaded_error");

    private final Routes routes = new Routes();
    private final Map<String, Boolean> failedOnce = new ConcurrentHashMap<>();
    private final AtomicInteger hungUp = new AtomicInteger();

    public FakeAnthropic() {
        FakeMessages.routes(routes);
        routes.on("GET /models", call -> page(call, MODEL.formatted("claude-a"), MODEL.formatted("claude-b")))
                .named("GET /models/{}", MODEL)
                .on("GET /hung-up", call -> call.json("{\"closed\":" + hungUp + "}"));
        batches();
        files();
    }

    private void batches() {
        routes.json("POST /messages/batches", BATCH.formatted("msgbatch_1", "in_progress"))
                .on(
                        "GET /messages/batches",
                        call -> page(
                                call,
                                BATCH.formatted("msgbatch_1", "ended"),
                                BATCH.formatted("msgbatch_2", "ended"),
                                BATCH.formatted("msgbatch_3", "ended")))
                .on("GET /messages/batches/{}", call -> call.json(batch(call.id())))
                .on(
                        "GET /messages/batches/{}/results",
                        call -> call.bytes(
                                200,
                                "application/x-jsonl",
                                (RESULT.formatted("a") + RESULT.formatted("b")).getBytes(StandardCharsets.UTF_8)))
                .on("POST /messages/batches/{}/cancel", call -> call.json(BATCH.formatted(call.id(), "canceling")))
                .named("DELETE /messages/batches/{}", "{\"id\":\"%s\",\"type\":\"message_batch_deleted\"}");
    }

    private static String batch(String id) {
        if (!id.equals(ENDED)) {
            return BATCH.formatted(id, "in_progress");
        }
        String results = "https://api.anthropic.com/v1/messages/batches/" + id + "/results";
        return BATCH.formatted(id, "ended").replace("\"results_url\":null", "\"results_url\":" + Call.quoted(results));
    }

    private void files() {
        routes.on(
                        "POST /files",
                        call -> call.json("{\"id\":\"file_1\",\"type\":\"file\",\"filename\":"
                                + Call.quoted(call.fileName()) + ",\"size_bytes\":" + size(call) + "}"))
                .on(
                        "GET /files",
                        call -> page(
                                call, FILE.formatted("file_1"), FILE.formatted("file_2"), FILE.formatted("file_3")))
                .named("GET /files/{}", FILE)
                .on(
                        "GET /files/{}/content",
                        call -> call.bytes(
                                200, "application/octet-stream", "zwölf Bytes".getBytes(StandardCharsets.UTF_8)))
                .named("DELETE /files/{}", "{\"id\":\"%s\",\"type\":\"file_deleted\"}");
    }

    private static int size(Call call) {
        byte[] file = call.part("file");
        return file == null ? -1 : file.length;
    }

    /** One at a time; the rest with {@code after_id}. */
    private static void page(Call call, String... items) throws IOException {
        List<String> ids = List.of(items).stream()
                .map(item -> item.split("\"id\":\"", -1)[1].split("\"", -1)[0])
                .toList();
        int at = ids.indexOf(call.query("after_id")) + 1;
        String id = Call.quoted(ids.get(at));
        call.json("{\"data\":[%s],\"has_more\":%s,\"first_id\":%s,\"last_id\":%s}"
                .formatted(items[at], at + 1 < items.length, id, id));
    }

    @Override
    public void play(FakeConnection connection) throws IOException, InterruptedException {
        if (!fail(connection)) {
            routes.play(connection);
        }
    }

    private boolean fail(FakeConnection connection) throws IOException {
        String type = String.valueOf(connection.request().header("content-type"));
        if (!type.startsWith("application/json")) {
            return false;
        }
        Call call = Call.of(connection);
        JsonNode body = call.json();
        String model = body.path("model").asString("");
        if (!model.startsWith("fail-")) {
            return false;
        }
        String what = model.substring(5);
        if (what.startsWith("once-")) {
            return failedOnce.putIfAbsent(what, true) == null && refuse(call, what.substring(5));
        }
        return body.path("stream").asBoolean(false) && breakStream(call, what) || refuse(call, what);
    }

    private static boolean refuse(Call call, String what) throws IOException {
        String type = TYPES.get(what);
        if (type == null) {
            call.connection().awaitClose();
            return true;
        }
        byte[] body =
                "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"It was ü.\"},\"request_id\":\"req_fake\"}"
                        .formatted(type)
                        .getBytes(StandardCharsets.UTF_8);
        call.bytes(Integer.parseInt(what), "application/json", body, "request-id", "req_fake", "retry-after", "1");
        return true;
    }

    private boolean breakStream(Call call, String what) throws IOException {
        switch (what) {
            case "event" -> {
                begin(call);
                call.connection()
                        .chunk(
                                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"No.\"}}\n\n");
                call.connection().lastChunk();
            }
            case "hang" -> {
                begin(call);
                try {
                    call.connection().awaitClose();
                } finally {
                    hungUp.incrementAndGet();
                }
            }
            case "cut" -> {
                begin(call);
                call.connection().close();
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void begin(Call call) throws IOException {
        call.stream()
                .connection()
                .chunk(
                        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\","
                                + "\"role\":\"assistant\",\"model\":\"claude\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":1,"
                                + "\"output_tokens\":1}}}\n\n")
                .chunk(
                        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
                                + "{\"type\":\"text\",\"text\":\"\"}}\n\n")
                .chunk("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                        + "{\"type\":\"text_delta\",\"text\":\"Hel\"}}\n\n");
    }
}
