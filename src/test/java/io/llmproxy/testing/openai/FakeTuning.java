package io.llmproxy.testing.openai;

/** Fine-tuning jobs, vector stores and containers: objects that are made, looked at and taken away. */
public final class FakeTuning {
    private static final String JOB = """
            {"object":"fine_tuning.job","id":"%s","model":"gpt-4o-mini-2024-07-18","created_at":1750000000,"finished_at":null,\
            "fine_tuned_model":null,"organization_id":"org-fake","result_files":[],"status":"running","validation_file":null,\
            "training_file":"file-1","trained_tokens":null,"error":null,"seed":683058546,"hyperparameters":{"n_epochs":"auto",\
            "batch_size":4,"learning_rate_multiplier":1.8},"user_provided_suffix":null}""";
    private static final String EVENT = """
            {"object":"fine_tuning.job.event","id":"ftevent-%1$d","created_at":175000000%1$d,"level":"info","message":"Step %1$d",\
            "type":"metrics","data":{"step":%1$d,"train_loss":0.10000000149011612}}""";
    private static final String CHECKPOINT = """
            {"object":"fine_tuning.job.checkpoint","id":"ftckpt_%1$d","created_at":1750000000,"fine_tuned_model_checkpoint":\
            "ft:gpt-4o-mini:x::%1$d","metrics":{"step":%1$d,"train_loss":0.4},"fine_tuning_job_id":"ftjob-1","step_number":%1$d}""";
    private static final String STORE = """
            {"id":"%s","object":"vector_store","created_at":1750000000,"name":"Bücher","usage_bytes":139920,"file_counts":\
            {"in_progress":0,"completed":3,"failed":0,"cancelled":0,"total":3},"status":"completed","last_active_at":1750000001,\
            "metadata":{}}""";
    private static final String STORED_FILE = """
            {"id":"%s","object":"vector_store.file","usage_bytes":1234,"created_at":1750000000,"vector_store_id":"vs_1",\
            "status":"completed","last_error":null,"attributes":{"year":2026,"good":true,"by":"é"}}""";
    private static final String FILE_BATCH = """
            {"id":"%s","object":"vector_store.file_batch","created_at":1750000000,"vector_store_id":"vs_1","status":"%s",\
            "file_counts":{"in_progress":1,"completed":1,"failed":0,"cancelled":0,"total":2}}""";
    private static final String FOUND = """
            {"object":"vector_store.search_results.page","search_query":["who"],"data":[{"file_id":"file-1","filename":"a.txt",\
            "score":0.95,"attributes":{"year":2026},"content":[{"type":"text","text":"He, who else?"}]}],"has_more":false,\
            "next_page":null}""";
    private static final String CONTAINER = """
            {"id":"%s","object":"container","created_at":1750000000,"status":"running","expires_after":{"anchor":"last_active_at",\
            "minutes":20},"last_active_at":1750000000,"name":"box"}""";

    private FakeTuning() {}

    public static void routes(Routes routes) {
        routes.json("POST /fine_tuning/jobs", JOB.formatted("ftjob-1"))
                .list(
                        "GET /fine_tuning/jobs",
                        JOB.formatted("ftjob-1"),
                        JOB.formatted("ftjob-2"),
                        JOB.formatted("ftjob-3"))
                .named("GET /fine_tuning/jobs/{}", JOB)
                .list("GET /fine_tuning/jobs/{}/events", EVENT.formatted(1), EVENT.formatted(2), EVENT.formatted(3))
                .list("GET /fine_tuning/jobs/{}/checkpoints", CHECKPOINT.formatted(1), CHECKPOINT.formatted(2))
                .named("POST /fine_tuning/jobs/{}/cancel", JOB.replace("running", "cancelled"))
                .named("POST /fine_tuning/jobs/{}/pause", JOB.replace("running", "paused"))
                .named("POST /fine_tuning/jobs/{}/resume", JOB)
                .json("POST /containers", CONTAINER.formatted("cntr_1"))
                .named("GET /containers/{}", CONTAINER)
                // OpenAI answers this one with a bare 200
                .on("DELETE /containers/{}", call -> call.bytes(200, "application/json", new byte[0]));
        stores(routes);
        storedFiles(routes);
    }

    private static void stores(Routes routes) {
        routes.json("POST /vector_stores", STORE.formatted("vs_1"))
                .list("GET /vector_stores", STORE.formatted("vs_1"), STORE.formatted("vs_2"), STORE.formatted("vs_3"))
                .named("GET /vector_stores/{}", STORE)
                .named("POST /vector_stores/{}", STORE)
                .named("DELETE /vector_stores/{}", """
                        {"id":"%s","object":"vector_store.deleted","deleted":true}""")
                .json("POST /vector_stores/{}/search", FOUND);
    }

    private static void storedFiles(Routes routes) {
        String one = "/vector_stores/{}/files/{}";
        routes.json("POST /vector_stores/{}/files", STORED_FILE.formatted("file-1"))
                .list("GET /vector_stores/{}/files", STORED_FILE.formatted("file-1"), STORED_FILE.formatted("file-2"))
                .on("GET " + one, call -> call.json(STORED_FILE.formatted(call.lastId())))
                .on("POST " + one, call -> call.json(STORED_FILE.formatted(call.lastId())))
                .on("DELETE " + one, call -> call.json("""
                        {"id":"%s","object":"vector_store.file.deleted","deleted":true}""".formatted(call.lastId())))
                .json("GET " + one + "/content", """
                        {"object":"vector_store.file_content.page","data":[{"type":"text","text":"Ünicode"}],"has_more":false,\
                        "next_page":null}""")
                .json("POST /vector_stores/{}/file_batches", FILE_BATCH.formatted("vsfb_1", "in_progress"))
                .on(
                        "GET /vector_stores/{}/file_batches/{}",
                        call -> call.json(FILE_BATCH.formatted(call.lastId(), "completed")))
                .on(
                        "POST /vector_stores/{}/file_batches/{}/cancel",
                        call -> call.json(FILE_BATCH.formatted(call.lastId(), "cancelled")))
                .list("GET /vector_stores/{}/file_batches/{}/files", STORED_FILE.formatted("file-1"));
    }
}
