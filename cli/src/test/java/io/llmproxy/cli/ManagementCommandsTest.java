package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Commands about tenants, keys and providers: what they send, and what they show of the answer. */
class ManagementCommandsTest extends AgainstFakeServer {
    private static final String KEY = """
            {"id":"k1","tenant":"acme","user":null,"name":"dev","prefix":"llmp_abcdefg","secret":"llmp_abcdefgXYZ",\
            "status":"active","models":[],"createdAt":"2026-11-20T11:59:58Z"}""";

    @Test
    void showsTheSecretOfANewKeyOnceAndSaysSoOnStandardError() {
        server.answer("POST /api/v1/tenants/acme/keys", 201, KEY);

        assertThat(ctl.run("-t", "acme", "key", "create", "dev")).isZero();
        assertThat(ctl.out())
                .contains("Secret      llmp_abcdefgXYZ\n")
                .contains("Created at  2026-11-20T11:59:58Z (just now)");
        assertThat(ctl.err()).contains("will not be shown again");
    }

    @Test
    void sendsAllOptionsOfANewKey() {
        server.answer("POST /api/v1/tenants/acme/keys", 201, KEY);

        ctl.run(
                "-t",
                "acme",
                "key",
                "create",
                "dev",
                "--user",
                "ada@x.example",
                "--expires",
                "30d",
                "--models",
                "a,b*",
                "--models",
                "c",
                "--providers",
                "up",
                "--cidr",
                "10.0.0.0/8",
                "--passthrough",
                "--label",
                "team=a,b",
                "--label",
                "env=x=y");

        assertThat(server.last().body())
                .isEqualTo(
                        "{\"name\":\"dev\",\"user\":\"ada@x.example\",\"expires\":\"30d\",\"models\":[\"a\",\"b*\",\"c\"],"
                                + "\"providers\":[\"up\"],\"cidrs\":[\"10.0.0.0/8\"],\"passthrough\":true,"
                                + "\"labels\":{\"team\":\"a,b\",\"env\":\"x=y\"}}");
        assertThat(server.last().head())
                .containsPattern("Idempotency-Key: [0-9a-f-]{36}\r\n")
                .contains("Content-Type: application/json\r\n")
                .doesNotContain("Authorization");
    }

    @Test
    void saysNothingOfASecretThatIsNotShown() {
        server.answer(
                "GET /api/v1/tenants/acme/keys/dev", 200, "{\"id\":\"k1\",\"secret\":null,\"prefix\":\"llmp_a\"}");

        assertThat(ctl.run("-t", "acme", "key", "show", "dev")).isZero();
        assertThat(ctl.out()).contains("Prefix").doesNotContain("Secret");
        assertThat(ctl.run("-t", "acme", "key", "show", "dev", "-o", "json")).isZero();
        assertThat(ctl.out()).contains("\"secret\": null");
    }

    @Test
    void updatesWithAMergePatchOfWhatWasNamedAndNoneClears() {
        server.answer("PATCH /api/v1/tenants/acme", 200, "{\"id\":\"t1\",\"slug\":\"acme\"}");

        assertThat(ctl.run(
                        "tenant",
                        "update",
                        "acme",
                        "--max-users",
                        "none",
                        "--allowed-models",
                        "none",
                        "--max-api-keys",
                        "5",
                        "--usage-retention",
                        "90d"))
                .isZero();

        assertThat(server.last().body())
                .isEqualTo("{\"allowedModels\":null,\"maxUsers\":null,\"maxApiKeys\":5,\"usageRetentionDays\":90}");
        assertThat(server.last().head())
                .contains("application/merge-patch+json")
                .contains("Idempotency-Key: ");
        assertThat(ctl.out()).isEqualTo("tenant acme updated\n");
    }

    @Test
    void patternsOfPrivateTextAreSentAsTheyAre() {
        server.answer("PATCH /api/v1/tenants/acme", 200, "{\"id\":\"t1\",\"slug\":\"acme\"}");

        assertThat(ctl.run(
                        "tenant",
                        "update",
                        "acme",
                        "--redact",
                        "mask",
                        "--redact-kinds",
                        "email,card",
                        "--redact-pattern",
                        "a=x{1,2}",
                        "--redact-pattern",
                        "b=y",
                        "--redact-strict",
                        "off"))
                .isZero();

        assertThat(server.last().body())
                .isEqualTo("{\"redact\":\"mask\",\"redactKinds\":[\"email\",\"card\"],"
                        + "\"redactPatterns\":[\"a=x{1,2}\",\"b=y\"],\"redactStrict\":false}");
    }

    @Test
    void refusesAnUpdateOfNothing() {
        assertThat(ctl.run("tenant", "update", "acme")).isEqualTo(2);
        assertThat(ctl.err()).contains("nothing to change");
        assertThat(server.seen()).isEmpty();
    }

    @Test
    void referencesAProvidersCredentialInEachWay() {
        server.answer("POST /api/v1/providers", 201, "{\"id\":\"p\",\"name\":\"up\",\"fault\":\"env:K is not set\"}");
        String[] make = {"provider", "create", "up", "--shared", "--type", "openai"};

        assertThat(ctl.run(with(make, "--api-key-env", "K"))).isZero();
        assertThat(server.last().body()).contains("\"credentialRef\":\"env:K\"");
        assertThat(ctl.err()).contains("warning: env:K is not set");
        ctl.run(with(make, "--api-key-file", "/etc/k"));
        assertThat(server.last().body()).contains("\"credentialRef\":\"file:/etc/k\"");
        ctl.run(with(make, "--api-key-file", "k"));
        assertThat(server.last().body()).containsPattern("\"credentialRef\":\"file:/.*/k\"");
        ctl.run(with(make, "--secret", "credential:up"));
        assertThat(server.last().body()).contains("\"credentialRef\":\"credential:up\"");
        ctl.stdin("sk-1\n").run(with(make, "--api-key-stdin"));
        assertThat(server.last().body()).contains("\"apiKey\":\"sk-1\"");
    }

    @Test
    void refusesTwoCredentialsAnEmptyOneAndOneAsPlainArgument() {
        String[] make = {"provider", "create", "up", "--shared", "--type", "openai"};

        assertThat(ctl.run(with(make, "--api-key-env", "K", "--api-key-stdin"))).isEqualTo(2);
        assertThat(ctl.err()).contains("one credential");
        assertThat(ctl.stdin("\n").run(with(make, "--api-key-stdin"))).isEqualTo(2);
        assertThat(ctl.err()).contains("standard input is empty");
        assertThat(ctl.run(with(make, "--secret", "sk-live-123"))).isEqualTo(2);
        assertThat(ctl.err()).contains("env:NAME").doesNotContain("sk-live-123");
        assertThat(ctl.run(with(make, "--header", "sk-live-123"))).isEqualTo(2);
        assertThat(ctl.err()).doesNotContain("sk-live-123");
        assertThat(ctl.run(with(make, "--api-key", "sk-live-123"))).isEqualTo(2);
        assertThat(ctl.run("provider", "create", "up", "--shared")).isEqualTo(2);
        assertThat(server.seen()).isEmpty();
    }

    @Test
    void sendsAProvidersSettings() {
        server.answer("POST /api/v1/tenants/acme/providers", 201, "{\"id\":\"p\",\"name\":\"up\"}");

        ctl.run(
                "-t",
                "acme",
                "provider",
                "create",
                "up",
                "--type",
                "custom",
                "--base-url",
                "http://10.0.0.1/v1",
                "--models",
                "a,b*",
                "--priority",
                "1",
                "--weight",
                "3",
                "--header",
                "x-a=1,2",
                "--api-version",
                "v9",
                "--connect-timeout",
                "2s",
                "--first-byte-timeout",
                "1m",
                "--idle-timeout",
                "30s",
                "--timeout",
                "1h30m");

        assertThat(server.last().body())
                .isEqualTo(
                        "{\"name\":\"up\",\"type\":\"custom\",\"baseUrl\":\"http://10.0.0.1/v1\",\"models\":[\"a\",\"b*\"],"
                                + "\"priority\":1,\"weight\":3,\"headers\":{\"x-a\":\"1,2\"},\"apiVersion\":\"v9\","
                                + "\"connectTimeout\":\"2s\",\"firstByteTimeout\":\"1m\",\"idleTimeout\":\"30s\",\"timeout\":\"1h30m\"}");
    }

    @Test
    void failsWhereAProviderFailsItsTest() {
        server.answer(
                "POST /api/v1/tenants/acme/providers/up/test",
                200,
                "{\"ok\":false,\"status\":401,\"latencyMs\":12,\"message\":\"answered 401\",\"models\":[]}");

        assertThat(ctl.run("-t", "acme", "provider", "test", "up")).isEqualTo(1);
        assertThat(ctl.err()).isEqualTo("llmproxyctl: provider up: answered 401\n");
    }

    private static String[] with(String[] args, String... more) {
        String[] all = java.util.Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        return all;
    }
}
