package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.TestAppliance;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The move from the embedded database to PostgreSQL, by llmproxyctl. */
class DatabaseMoveTest {
    @TempDir
    Path directory;

    @Test
    void takesEverythingAlongAndKeepsWhatWas() {
        String url = PostgresServer.freshDatabase();
        String data = directory.resolve("d").toString();
        String secret;
        TestAppliance.Ctl move;
        try (FakeProvider upstream = FakeProvider.start()) {
            try (TestAppliance embedded =
                    TestAppliance.builder().directory(Path.of(data)).start()) {
                secret = embedded.tenantWithKey("acme", upstream.baseUrl());
                assertThat(new Http(embedded.gateway(), secret).chat().statusCode())
                        .isEqualTo(200);
                move = embedded.ctl("db", "move", "--to", url, "--user", "postgres", "--data-dir", data);
                assertThat(move.code()).as("the server runs").isEqualTo(3);
                assertThat(embedded.ctl("db", "move", "--data-dir", data).code())
                        .isEqualTo(2);
            }
            TestAppliance other = TestAppliance.start();
            try (other) {
                move = other.ctl("db", "move", "--to", url, "--user", "postgres", "--data-dir", data, "-o", "json");
                JsonNode moved = JsonMapper.shared().readTree(move.value());
                assertThat(moved.path("configuration").asString()).contains("url: " + url);
                assertThat(moved.path("rows").asLong()).isGreaterThan(4);
                assertThat(other.ctl("db", "move", "--to", url, "--user", "postgres", "--data-dir", data)
                                .code())
                        .as("it is there already")
                        .isEqualTo(5);
                TestAppliance.Ctl status = other.ctl("db", "status", "-q", "--data-dir", data);
                assertThat(status.value()).as("what was is kept").isEqualTo("current");
            }
            try (TestAppliance moved = TestAppliance.builder()
                    .directory(Path.of(data))
                    .set("database.url", url)
                    .set("database.user", PostgresServer.USER)
                    .start()) {
                assertThat(new Http(moved.gateway(), secret).chat().statusCode())
                        .isEqualTo(200);
                assertThat(moved.ctl("ledger", "check", "-q").value()).isEqualTo("sound");
                assertThat(moved.ctl("audit", "verify").code()).isZero();
                assertThat(moved.ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                                .value()
                                .lines())
                        .hasSize(2);
            }
        }
    }
}
