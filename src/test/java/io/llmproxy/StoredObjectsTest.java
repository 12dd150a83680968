package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two tenants with files and responses at one shared provider, over real connections and databases. */
class StoredObjectsTest {
    private final FakeProvider upstream = FakeProvider.start();

    @AfterEach
    void tearDown() {
        upstream.close();
    }

    /** llmproxyctl of some server. */
    private interface Ctl {
        TestAppliance.Ctl run(String... args);
    }

    private void sharedPool(Ctl ctl) {
        ctl.run(
                        "provider",
                        "create",
                        "pool",
                        "--shared",
                        "--type",
                        "custom",
                        "--base-url",
                        upstream.baseUrl().toString())
                .value();
    }

    private static String tenant(Ctl ctl, String slug) {
        ctl.run("tenant", "create", slug).value();
        return ctl.run("-t", slug, "key", "create", "dev", "-q").value();
    }

    private static String upload(Http http, String content) {
        String form = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n" + content
                + "\r\n--b--\r\n";
        HttpResponse<String> answer = http.send(http.request("/v1/files")
                .header("Content-Type", "multipart/form-data; boundary=b")
                .POST(BodyPublishers.ofString(form)));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Http.json(answer).path("id").asString("");
    }

    private static int delete(Http http, String path) {
        return http.send(http.request(path).DELETE()).statusCode();
    }

    private void filesAreOwned(URI gateway, String acmeKey, String globexKey) {
        try (Http acme = new Http(gateway, acmeKey);
                Http globex = new Http(gateway, globexKey)) {
            String mine = upload(acme, "of acme");
            String theirs = upload(globex, "of globex");
            String third = upload(acme, "of acme too");
            String last = upload(acme, "of acme as well");
            assertThat(acme.get("/v1/files/" + mine + "/content").body()).isEqualTo("of acme");
            assertThat(globex.get("/v1/files/" + mine).statusCode()).isEqualTo(404);
            assertThat(globex.get("/v1/files/" + mine + "/content").statusCode())
                    .isEqualTo(404);
            assertThat(delete(globex, "/v1/files/" + mine)).isEqualTo(404);
            // the provider pages by two, whatever it is asked for
            assertThat(acme.get("/v1/files").body())
                    .contains(mine, third, last)
                    .doesNotContain("\"" + theirs + "\"")
                    .contains("\"has_more\":false");
            assertThat(Http.json(acme.get("/v1/files?limit=1")).path("has_more").asBoolean())
                    .isTrue();
            assertThat(Http.json(acme.get("/v1/files?limit=5&after=" + mine))
                            .path("data")
                            .size())
                    .isEqualTo(2);
            assertThat(acme.post("/v1/batches", "{\"input_file_id\":\"" + theirs + "\"}")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(delete(acme, "/v1/files/" + mine)).isEqualTo(200);
            assertThat(acme.get("/v1/files/" + mine).statusCode()).isEqualTo(404);
            assertThat(globex.get("/v1/files").body()).contains(theirs).doesNotContain("\"" + third + "\"");
        }
    }

    @Test
    void filesAreOwnedOnH2() {
        try (TestAppliance appliance = TestAppliance.start()) {
            sharedPool(appliance::ctl);
            filesAreOwned(appliance.gateway(), tenant(appliance::ctl, "acme"), tenant(appliance::ctl, "globex"));
        }
    }

    @Test
    void filesAreOwnedOnPostgresql() {
        try (TestAppliance appliance = TestAppliance.builder()
                .set("database.url", PostgresServer.freshDatabase())
                .set("database.user", PostgresServer.USER)
                .start()) {
            sharedPool(appliance::ctl);
            filesAreOwned(appliance.gateway(), tenant(appliance::ctl, "acme"), tenant(appliance::ctl, "globex"));
        }
    }

    @Test
    void ownershipOutlivesAKill() throws IOException {
        AtomicInteger ids = new AtomicInteger();
        upstream.on(
                "/v1/responses",
                c -> Script.answer(
                                200,
                                "{\"id\":\"resp_" + ids.incrementAndGet() + "\"}",
                                "Content-Type",
                                "application/json")
                        .play(c));
        Path directory = ServerJvm.newDirectory();
        ServerJvm first = ServerJvm.start(directory, ":", "-Xmx128m");
        String acmeKey;
        String globexKey;
        try {
            sharedPool(first::ctl);
            acmeKey = tenant(first::ctl, "acme");
            globexKey = tenant(first::ctl, "globex");
            try (Http acme = new Http(first.gateway(), acmeKey)) {
                assertThat(acme.post("/v1/responses", "{\"model\":\"m\"}").body())
                        .contains("resp_1");
            }
        } finally {
            first.kill();
        }
        try (ServerJvm second = ServerJvm.start(directory, ":", "-Xmx128m");
                Http acme = new Http(second.gateway(), acmeKey);
                Http globex = new Http(second.gateway(), globexKey)) {
            assertThat(acme.get("/v1/responses/resp_1").statusCode()).isEqualTo(200);
            assertThat(globex.get("/v1/responses/resp_1").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void aTenantsObjectsAreForgottenWithIt() {
        try (TestAppliance appliance = TestAppliance.start()) {
            sharedPool(appliance::ctl);
            String acmeKey = tenant(appliance::ctl, "acme");
            String file;
            try (Http acme = new Http(appliance.gateway(), acmeKey)) {
                file = upload(acme, "of acme");
            }
            appliance.ctl("tenant", "delete", "acme", "--yes", "--cascade").value();
            String again = tenant(appliance::ctl, "acme");
            try (Http acme = new Http(appliance.gateway(), again)) {
                assertThat(acme.get("/v1/files/" + file).statusCode()).isEqualTo(404);
                assertThat(Http.json(acme.get("/v1/files")).path("data").size()).isZero();
            }
        }
    }
}
