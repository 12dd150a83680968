package io.llmproxy.testing.openai;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Files, which give back their bytes, uploads in parts, and batches. */
public final class FakeFiles {
    private static final String UPLOAD = """
            {"id":"%s","object":"upload","bytes":12,"created_at":1750000000,"filename":"gross ü.jsonl","purpose":"batch",\
            "status":"%s","expires_at":1750003600%s}""";
    private static final String FILE_DONE =
            ",\"file\":{\"id\":\"file-up\",\"object\":\"file\",\"bytes\":12,\"created_at\":1750000000,"
                    + "\"filename\":\"gross ü.jsonl\",\"purpose\":\"batch\",\"status\":\"processed\"}";
    private static final String BATCH = """
            {"id":"%s","object":"batch","endpoint":"/v1/chat/completions","errors":null,"input_file_id":"file-1",\
            "completion_window":"24h","status":"in_progress","output_file_id":null,"error_file_id":null,"created_at":1750000000,\
            "request_counts":{"total":3,"completed":1,"failed":0},"metadata":{"nightly":"yes"}}""";

    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final Map<String, String> names = new ConcurrentHashMap<>();
    private final AtomicInteger ids = new AtomicInteger();

    public void routes(Routes routes) {
        routes.on("POST /files", this::create)
                .on("GET /files", this::list)
                .on("GET /files/{}", call -> existing(call, () -> call.json(description(call.id()))))
                .on("GET /files/{}/content", call -> existing(call, () -> content(call)))
                .on("DELETE /files/{}", call -> existing(call, () -> delete(call)));
        uploadsAndBatches(routes);
    }

    private static void uploadsAndBatches(Routes routes) {
        routes.json("POST /uploads", UPLOAD.formatted("upload_1", "pending", ""))
                .named("POST /uploads/{}/parts", """
                        {"id":"part_1","object":"upload.part","created_at":1750000000,"upload_id":"%s"}""")
                .on("POST /uploads/{}/complete", call -> call.json(UPLOAD.formatted(call.id(), "completed", FILE_DONE)))
                .on("POST /uploads/{}/cancel", call -> call.json(UPLOAD.formatted(call.id(), "cancelled", "")))
                .json("POST /batches", BATCH.formatted("batch_1"))
                .list(
                        "GET /batches",
                        BATCH.formatted("batch_1"),
                        BATCH.formatted("batch_2"),
                        BATCH.formatted("batch_3"))
                .named("GET /batches/{}", BATCH)
                .named("POST /batches/{}/cancel", BATCH.replace("in_progress", "cancelling"));
    }

    private interface Then {
        void run() throws IOException;
    }

    private void existing(Call call, Then then) throws IOException {
        if (files.containsKey(call.id())) {
            then.run();
        } else {
            call.error(404, "No such File object: " + call.id(), "id", null);
        }
    }

    private void create(Call call) throws IOException {
        byte[] content = call.part("file");
        if (content == null) {
            call.error(400, "'file' is a required property", "file", null);
            return;
        }
        String id = "file-" + ids.incrementAndGet();
        names.put(id, call.fileName());
        files.put(id, content);
        call.json(description(id));
    }

    private void list(Call call) throws IOException {
        String[] all = files.keySet().stream().sorted().map(this::description).toArray(String[]::new);
        if (all.length == 0) {
            call.json("{\"object\":\"list\",\"data\":[],\"has_more\":false}");
        } else {
            call.page(all);
        }
    }

    private void content(Call call) throws IOException {
        byte[] bytes = files.getOrDefault(call.id(), new byte[0]);
        call.bytes(200, "application/octet-stream", bytes, "Content-Disposition", "attachment; filename=\"upload\"");
    }

    private void delete(Call call) throws IOException {
        files.remove(call.id());
        call.json("{\"id\":\"" + call.id() + "\",\"object\":\"file\",\"deleted\":true}");
    }

    private String description(String id) {
        return """
                {"id":"%s","object":"file","bytes":%d,"created_at":1750000000,"filename":%s,"purpose":"batch","status":"processed"}""".formatted(
                        id, files.getOrDefault(id, new byte[0]).length, Call.quoted(names.getOrDefault(id, "upload")));
    }
}
