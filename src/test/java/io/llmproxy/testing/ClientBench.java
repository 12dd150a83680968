package io.llmproxy.testing;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An appliance with two providers: one of type openai for all models, {@code up}, and one of another type for some, {@code behind}. */
public final class ClientBench implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final FakeProvider openAi = FakeProvider.start();
    private final FakeProvider behind = FakeProvider.start();
    private final List<Http> clients = new ArrayList<>();
    private final TestAppliance appliance;
    private final String key;

    private ClientBench(TestAppliance appliance, String type, String models) {
        this.appliance = appliance;
        this.key = appliance.tenantWithKey("acme", openAi.baseUrl());
        appliance.provider("acme", "behind", type, behind.origin(), "sk-behind", "--models", models);
    }

    public static ClientBench start(String type, String models) {
        return new ClientBench(TestAppliance.start(), type, models);
    }

    public FakeProvider openAi() {
        return openAi;
    }

    public FakeProvider behind() {
        return behind;
    }

    public URI gateway() {
        return appliance.gateway();
    }

    public String key() {
        return key;
    }

    /** A client with the key that may do everything. */
    public Http http() {
        return client(key);
    }

    /** A client with a key made with these options. */
    public Http http(String... options) {
        List<String> args = new ArrayList<>(List.of("key", "create", "key-" + clients.size(), "-q"));
        args.addAll(List.of(options));
        return client(ctl(args.toArray(String[]::new)));
    }

    private Http client(String secret) {
        Http http = new Http(appliance.gateway(), secret);
        clients.add(http);
        return http;
    }

    /** What the tenant's administration prints. */
    public String ctl(String... args) {
        List<String> all = new ArrayList<>(List.of("-t", "acme"));
        all.addAll(List.of(args));
        return appliance.ctl(all.toArray(String[]::new)).value();
    }

    /** How many requests the providers got. */
    public int sent() {
        return openAi.requests().size() + behind.requests().size();
    }

    /** The usage record of an answer; that of one that was cut may come a moment after it. */
    public JsonNode record(HttpResponse<?> answer) {
        String id = answer.headers().firstValue("x-request-id").orElseThrow();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        do {
            for (String line : ctl("usage", "export", "-o", "jsonl").lines().toList()) {
                if (line.contains(id)) {
                    return JSON.readTree(line);
                }
            }
        } while (System.nanoTime() < end);
        throw new AssertionError("no usage record of " + id);
    }

    @Override
    public void close() {
        clients.forEach(Http::close);
        appliance.close();
        openAi.close();
        behind.close();
    }
}
