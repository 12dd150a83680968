package io.llmproxy.sdk;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What no official client sends yet, and others do, makes no difference either. */
class UnusualRequestsTest {
    private record Asked(String method, String path, BodyPublisher body) {}

    private static Asked asked(String method, String path) {
        return new Asked(method, path, BodyPublishers.noBody());
    }

    private static final Asked[] ALL = {
        asked("HEAD", "/v1/batches/batch_1"),
        asked("HEAD", "/v1/models/gpt-4o-mini"),
        asked("OPTIONS", "/v1/odd"),
        asked("PUT", "/v1/odd"),
        asked("DELETE", "/v1/odd"),
        new Asked("DELETE", "/v1/odd", BodyPublishers.ofString("{\"really\": true, \"n\": 1.0}")),
        new Asked("PATCH", "/v1/odd", BodyPublishers.ofString("[1e400, {\"model\": 5}]")),
        new Asked("GET", "/v1/odd", BodyPublishers.ofString("a body where none is expected")),
        asked("GET", "/v1/odd?include%5B%5D=a&include%5B%5D=b&x=%20+y&empty=&bare&%C3%BC=%f0%9f%91%8b"),
        asked("GET", "/v1/batches?limit=1&after=batch_1"),
        asked("GET", "/v1/no/such/endpoint"),
        asked("POST", "/v1/uploads/upload_1/cancel"),
    };

    @Test
    void passTheSameAsTheUsualOnes() {
        try (FakeProvider direct = FakeProvider.start();
                FakeProvider behind = FakeProvider.start();
                TestAppliance appliance = TestAppliance.start()) {
            direct.on("/v1/odd", c -> c.write("HTTP/1.1 204 No Content\r\nDate: now\r\nX-Odd: yes\r\n\r\n"));
            behind.on("/v1/odd", c -> c.write("HTTP/1.1 204 No Content\r\nDate: now\r\nX-Odd: yes\r\n\r\n"));
            String key = appliance.tenantWithKey("acme", behind.baseUrl());
            new Comparison()
                    .steps(observed(URI.create(direct.origin()), "sk-direct"), observed(appliance.gateway(), key))
                    .requests(direct.requests(), behind.requests())
                    .verify();
        }
    }

    private static Map<String, String> observed(URI base, String key) {
        Map<String, String> seen = new LinkedHashMap<>();
        try (Http http = new Http(base, key)) {
            for (Asked asked : ALL) {
                HttpResponse<String> answer =
                        http.send(http.request(asked.path()).method(asked.method(), asked.body()));
                seen.put(
                        seen.size() + " " + asked.method() + " " + asked.path(),
                        answer.statusCode() + " "
                                + ExpectedDifferences.answer(answer.headers().map()) + " " + answer.body());
            }
        }
        return seen;
    }
}
