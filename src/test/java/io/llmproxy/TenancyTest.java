package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No id, name, key, count or error text of one tenant reaches another, in one process or in one each. */
class TenancyTest {
    private final FakeProvider upstream = FakeProvider.start();

    @TempDir
    Path directory;

    @AfterEach
    void tearDown() {
        upstream.close();
    }

    @Test
    void aTenantsProviderIsUnknownToAnother() {
        try (TestAppliance appliance = TestAppliance.start()) {
            appliance.tenantWithKey("acme", upstream.baseUrl());
            appliance.ctl("tenant", "create", "globex").value();
            String foreign =
                    appliance.ctl("-t", "globex", "key", "create", "dev", "-q").value();
            try (Http http = new Http(appliance.gateway(), foreign)) {
                HttpResponse<String> named =
                        http.post("/v1/chat/completions", "{\"model\":\"up/gpt-4o\",\"messages\":[]}");
                HttpResponse<String> absent =
                        http.post("/v1/chat/completions", "{\"model\":\"no/gpt-4o\",\"messages\":[]}");
                assertThat(named.statusCode()).isEqualTo(404);
                assertThat(Http.error(named)).isEqualTo(Http.error(absent));
                assertThat(withoutNames(named)).isEqualTo(withoutNames(absent));
                assertThat(http.get("/v1/models").body()).doesNotContain("gpt-4o");
            }
            assertThat(upstream.requests()).isEmpty();
        }
    }

    @Test
    void tenantsShareAProviderAndNoConnectionToIt() {
        try (TestAppliance appliance = TestAppliance.start()) {
            appliance
                    .ctl(
                            "provider",
                            "create",
                            "common",
                            "--shared",
                            "--type",
                            "custom",
                            "--base-url",
                            "" + upstream.baseUrl())
                    .value();
            int before = upstream.connections();
            for (String tenant : new String[] {"acme", "globex"}) {
                appliance.ctl("tenant", "create", tenant).value();
                String key = appliance
                        .ctl("-t", tenant, "key", "create", "dev", "-q")
                        .value();
                try (Http http = new Http(appliance.gateway(), key)) {
                    for (int i = 0; i < 3; i++) {
                        assertThat(http.chat().statusCode()).isEqualTo(200);
                    }
                }
            }
            assertThat(upstream.connections() - before).isEqualTo(2);
        }
    }

    private static String withoutNames(HttpResponse<String> answer) {
        return Http.json(answer).path("error").path("message").asString("").replaceAll("(up|no)/gpt-4o", "MODEL");
    }

    @Test
    void aProblemNamesTheTenantWhoseProviderItIs() {
        try (TestAppliance all = TestAppliance.builder().directory(directory).start()) {
            for (String tenant : new String[] {"acme", "globex"}) {
                all.ctl("tenant", "create", tenant).value();
                all.ctl("-t", tenant, "provider", "create", "up", "--type", "openai", "--api-key-env", "ABSENT")
                        .value();
            }
            all.ctl("provider", "create", "common", "--shared", "--type", "openai", "--api-key-env", "ABSENT")
                    .value();
            assertThat(all.ctl("status").value())
                    .contains("Problems  3")
                    .contains("! provider `up` of tenant acme cannot be called: credential env:ABSENT is not set")
                    .contains("! provider `up` of tenant globex cannot be called")
                    .contains("! shared provider `common` cannot be called");
        }
        try (TestAppliance one = TestAppliance.builder()
                .directory(directory)
                .set("tenant", "acme")
                .start()) {
            assertThat(one.ctl("status").value())
                    .contains("! provider `up` cannot be called")
                    .doesNotContain("globex");
        }
    }

    @Test
    void eachTenantIsChargedForItself() {
        try (TestAppliance appliance = TestAppliance.start()) {
            String acme = appliance.tenantWithKey("acme", upstream.baseUrl());
            String globex = appliance.tenantWithKey("globex", upstream.baseUrl());
            chat(appliance, acme, 2);
            chat(appliance, globex, 1);
            assertThat(report(appliance, "acme")).contains("\"requests\": 2");
            assertThat(report(appliance, "globex")).contains("\"requests\": 1");
        }
    }

    @Test
    void aProcessOfOneTenantKnowsNoOther() {
        String acme;
        String globex;
        try (TestAppliance all = TestAppliance.builder().directory(directory).start()) {
            acme = all.tenantWithKey("acme", upstream.baseUrl());
            globex = all.tenantWithKey("globex", upstream.baseUrl());
        }
        try (TestAppliance one = TestAppliance.builder()
                .directory(directory)
                .set("tenant", "acme")
                .start()) {
            assertThat(one.appliance().readyLine()).endsWith("tenant=acme");
            chat(one, acme, 1);
            try (Http http = new Http(one.gateway(), globex);
                    Http stranger = new Http(one.gateway(), "llmp_" + "0".repeat(43))) {
                HttpResponse<String> foreign = http.chat();
                HttpResponse<String> unknown = stranger.chat();
                assertThat(foreign.statusCode()).isEqualTo(401);
                assertThat(Http.error(foreign)).isEqualTo(Http.error(unknown));
                assertThat(Http.json(foreign).path("error").path("message"))
                        .isEqualTo(Http.json(unknown).path("error").path("message"));
            }
            Ctl other = one.ctl("-t", "globex", "key", "list");
            assertThat(other.code()).isEqualTo(1);
            assertThat(one.ctl("tenant", "list", "-o", "name").value()).isEqualTo("acme");
            assertThat(one.ctl("tenant", "create", "third").code()).isEqualTo(1);
            assertThat(one.ctl("key", "list", "-o", "name").value()).isEqualTo("dev");
        }
    }

    @Test
    void aProcessOfOneTenantMakesItAtItsFirstStart() {
        try (TestAppliance one = TestAppliance.builder().set("tenant", "acme").start()) {
            assertThat(one.ctl("tenant", "show", "acme", "-o", "name").value()).isEqualTo("acme");
        }
    }

    @Test
    void providerAndKeyLimitsOfATenantHold() {
        try (TestAppliance appliance = TestAppliance.start()) {
            String key = appliance.tenantWithKey("acme", upstream.baseUrl());
            appliance
                    .ctl("tenant", "update", "acme", "--allowed-models", "gpt-3*")
                    .value();
            try (Http http = new Http(appliance.gateway(), key)) {
                assertThat(http.chat().statusCode()).isEqualTo(403);
                assertThat(Http.error(http.chat())).isEqualTo("permission_error/model_not_allowed");
            }
            appliance
                    .ctl("tenant", "update", "acme", "--allowed-models", "none", "--max-api-keys", "1")
                    .value();
            assertThat(appliance.ctl("-t", "acme", "key", "create", "second").code())
                    .isEqualTo(5);
            assertThat(appliance.ctl("tenant", "delete", "acme", "--yes").code())
                    .isEqualTo(5);
            assertThat(appliance
                            .ctl("tenant", "delete", "acme", "--yes", "--cascade")
                            .code())
                    .isEqualTo(0);
            try (Http http = new Http(appliance.gateway(), key)) {
                assertThat(http.chat().statusCode()).isEqualTo(401);
            }
        }
    }

    private static void chat(TestAppliance appliance, String key, int times) {
        try (Http http = new Http(appliance.gateway(), key)) {
            for (int i = 0; i < times; i++) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
        }
    }

    private static String report(TestAppliance appliance, String tenant) {
        return appliance
                .ctl("-t", tenant, "usage", "report", "-o", "json")
                .value()
                .replaceAll("\" ?: ?", "\": ");
    }
}
