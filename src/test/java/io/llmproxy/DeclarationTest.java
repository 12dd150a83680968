package io.llmproxy;

import static io.llmproxy.testing.Documents.tenant;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Documents;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is administered as a file: export and apply, by the real llmproxyctl against the real appliance. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeclarationTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Every kind, with most of its fields. */
    private static final String FULL = """
            version: 1
            shared:
              providers:
                pool:
                  type: simulated
              routes:
                any:
                  targets: [pool/*]
              limits:
                - {scope: global, metric: requests, amount: 100000, per: hour}
              prices:
                - {model: gpt-x, type: openai, validFrom: "2026-11-01", input: 2.50, output: "10"}
            # the tenants
            tenants:
              acme:
                name: Acme Inc.
                defaultProvider: up
                maxApiKeys: 100
                maxTokensPerDay: 1000000
                users:
                  Ann@acme.example: {name: Ann, role: tenant-admin}
                  bob@acme.example: {status: disabled}
                providers:
                  up:
                    type: openai
                    credential: env:UPSTREAM_KEY
                    models: [gpt-*, "o*"]
                    timeout: 90000ms
                  own:
                    type: custom
                    baseUrl: https://llm.example.com/v1/
                    credentials: [env:KEY_B, env:KEY_A]
                    headers: {authorization: "Token {credential}"}
                    status: disabled
                keys:
                  ci: {labels: {team: blue}, cidrs: [10.0.0.0/8], models: [gpt-*]}
                  ann: {user: ann@acme.example, expiresAt: 2099-01-01T00:00:00Z, maxRequests: 5000}
                  app: {certificates: ["dns:app.example.com", "subject:CN=App, O=Acme"], certificateOnly: true}
                routes:
                  zeta: {targets: [up/gpt-4o]}
                  alpha: {targets: [zeta, up/gpt-4o-mini=2], strategy: weighted, retries: 1, timeout: 30s}
                limits:
                  - {scope: tenant, metric: cost, amount: "12.50", per: month}
                  - {scope: key=ci, metric: requests, amount: 60, per: minute, mode: soft}
                  - {scope: user, metric: concurrency, amount: 5}
                prices:
                  - {model: gpt-x, provider: up, validFrom: 2026-11-01T00:00:00Z, input: "1", perRequest: "0.001"}
            """;

    private final TestAppliance server =
            TestAppliance.builder().environment("UPSTREAM_KEY", "sk-1").start();

    @AfterAll
    void close() {
        server.close();
    }

    private Ctl apply(String file, String... more) {
        return Documents.apply(server, file, more);
    }

    private String export(String tenant) {
        return server.ctl("-t", tenant, "export").value();
    }

    @Test
    void whatIsAppliedIsExportedTheSameAndAppliesToAnEmptyServer() {
        try (TestAppliance first = TestAppliance.start();
                TestAppliance second = TestAppliance.start()) {
            Ctl made = Documents.apply(first, FULL);
            assertThat(made.code()).as(made.err()).isZero();
            assertThat(made.out())
                    .contains("+ provider pool\n", "+ tenant acme\n", "+ route acme/alpha\n", "+ key acme/ci\n")
                    .contains("secret of key acme/ci llmp_", "18 created");
            String exported = first.ctl("export").out();
            assertThat(exported)
                    .contains(
                            "ann@acme.example:",
                            "timeout: 1m30s",
                            "amount: '12.5'",
                            "amount: 100000",
                            "credential: env:UPSTREAM_KEY")
                    .doesNotContain("createdAt", "llmp_", "sha256", "weight: 1", "api.openai.com");
            assertThat(Documents.apply(first, FULL).value()).startsWith("nothing to change");
            assertThat(Documents.apply(first, exported).value()).startsWith("nothing to change");
            assertThat(Documents.apply(second, exported).code()).isZero();
            assertThat(second.ctl("export").out()).isEqualTo(exported);
            assertThat(Documents.apply(first, exported, "--prune").value()).startsWith("nothing to change");
        }
    }

    @Test
    void whatWasSuspendedByHandStaysSoUntilAFileSaysOtherwise() {
        String slug = tenant();
        String file = Documents.of(slug, "users: {a@b.example: {name: A}}\nproviders: {sim: {type: simulated}}");
        apply(file).value();
        server.ctl("tenant", "suspend", slug, "--yes").value();
        server.ctl("-t", slug, "user", "update", "a@b.example", "--status", "disabled")
                .value();
        server.ctl("-t", slug, "provider", "disable", "sim", "--yes").value();
        assertThat(apply(file, "--prune").value()).startsWith("nothing to change");
        assertThat(apply(Documents.of(slug, "name: Other\nusers: {a@b.example: {name: B}}"))
                        .value())
                .contains("2 changed");
        assertThat(export(slug)).contains("status: suspended", "status: disabled");
        assertThat(apply(
                                Documents.of(
                                        slug,
                                        "status: active\nusers: {a@b.example: {status: enabled}}\nproviders: {sim: {type: simulated, status: enabled}}"))
                        .value())
                .contains("3 changed");
        assertThat(export(slug)).doesNotContain("status:");
    }

    /** Many ways lead to each of them: two to the thirtieth in all. */
    @Test
    @Timeout(60)
    void routesOfManyWaysAreFollowedOnce() {
        StringBuilder routes =
                new StringBuilder("providers:\n  up: {type: openai, credential: env:UPSTREAM_KEY}\nroutes:\n");
        for (int level = 0; level < 30; level++) {
            for (String side : new String[] {"a", "b"}) {
                String below = level == 29 ? "up/gpt-4o" : "a" + (level + 1) + ", b" + (level + 1);
                routes.append("  ")
                        .append(side)
                        .append(level)
                        .append(": {targets: [")
                        .append(below)
                        .append("]}\n");
            }
        }
        Ctl applied = apply(Documents.of(tenant(), routes.toString()));
        assertThat(applied.code()).as(applied.err()).isZero();
    }

    @Test
    void changesAreToldAndAudited() {
        String slug = tenant();
        apply(
                        Documents.of(
                                slug,
                                "limits:\n- {scope: tenant, metric: requests, amount: 100, per: day}\nusers: {a@x.example: {}}"))
                .value();
        String changed = Documents.of(
                slug,
                "name: New\nlimits:\n- {scope: tenant, metric: requests, amount: 200, per: day}\nusers: {a@x.example: {role: tenant-admin}}");
        Ctl dry = apply(changed, "--dry-run");
        assertThat(dry.value())
                .contains(
                        "~ tenant " + slug + ": name (usual) → New",
                        "~ limit " + slug + "/tenant requests per day: amount 100 → 200",
                        "~ user " + slug + "/a@x.example: role (usual) → tenant-admin",
                        "would be: 0 created, 3 changed, 0 deleted");
        assertThat(apply(changed, "--dry-run", "--exit-code").code()).isEqualTo(1);
        assertThat(export(slug)).contains("amount: 100");
        JsonNode applied = JSON.readTree(apply(changed, "-o", "json").value());
        assertThat(applied.at("/changes/1/fields/0/before").isNull()).isTrue();
        assertThat(applied.path("changes")).hasSize(3);
        assertThat(apply(changed, "--dry-run", "--exit-code").code()).isZero();
        String audit = server.ctl("-t", slug, "audit", "list", "-o", "jsonl").value();
        assertThat(audit).contains("limit.set", "tenant.update", "user.update", "tenant.create");
        assertThat(server.ctl("audit", "verify").code()).isZero();
    }

    @Test
    void oneBadLineOfAThousandIsNamedAndNothingChanges() {
        String slug = tenant();
        StringBuilder keys = new StringBuilder("keys:\n");
        for (int i = 0; i < 1000; i++) {
            keys.append("  k").append(i).append(i == 700 ? ": {maxRequests: many}\n" : ": {}\n");
        }
        Ctl refused = apply(Documents.of(slug, keys.toString()));
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err())
                .contains("standard input:705: tenants." + slug
                        + ".keys.k700.maxRequests: maxRequests: must be a whole number")
                .contains("nothing was changed");
        assertThat(server.ctl("tenant", "show", slug).code()).isEqualTo(4);
        // what only the server's rules refuse is found while half of it is done, and undone
        String late = Documents.of(slug, keys.toString().replace("{maxRequests: many}", "{providers: [nowhere]}"));
        assertThat(apply(late).err()).contains("standard input:705: ", "has no provider `nowhere`");
        assertThat(apply(late, "--dry-run").code()).isEqualTo(1);
        assertThat(server.ctl("tenant", "show", slug).code()).isEqualTo(4);
    }

    @Test
    void everyFaultOfAFileIsToldAtOnce() {
        String err = apply("""
                        version: 1
                        secrets: {}
                        shared: {keys: {}}
                        tenants:
                          Acme: {}
                          fine:
                            provider: {}
                            providers:
                              p: {typ: openai, timeout: soon}
                            limits:
                            - {scope: tenant, metric: requests, amount: 1, per: day}
                            - {scope: tenant, metric: requests, amount: 2, per: day}
                            - {scope: tenant, metric: requests, amount: {}, per: [day]}
                            - 7
                            users: [ann]
                            keys: {k: 5, "no name": {}}
                            prices: [{model: m, validFrom: soon, input: dear}]
                        """).err();
        assertThat(err)
                .contains(
                        "standard input:2: secrets: unknown field `secrets`",
                        "standard input:3: shared.keys: unknown field `keys`",
                        "standard input:5: tenants.Acme: tenant: must be",
                        "standard input:7: ",
                        "did you mean providers?",
                        "standard input:9: ",
                        "did you mean type?",
                        "timeout: ",
                        "standard input:12: ",
                        "is declared already, at /tenants/fine/limits/0",
                        "standard input:13: tenants.fine.limits.2.amount: amount: must be a string",
                        "standard input:14: tenants.fine.limits.3: must be a mapping",
                        "standard input:15: tenants.fine.users: must be a mapping",
                        "standard input:16: tenants.fine.keys.k: must be a mapping",
                        "standard input:16: tenants.fine.keys.no name: key: must be",
                        "standard input:17: tenants.fine.prices.0.validFrom: ");
    }

    @Test
    void whatIsNoDocumentIsRefusedBeforeAServerIsAsked() {
        assertThat(apply("version: 1\ntenants: {a: {}, a: {}}").err()).contains("input:2: 'a' is there twice");
        assertThat(apply("version: 1\ntenants: {a: {keys: {k: {}\n").err()).contains("is not YAML");
        assertThat(apply("just text").err()).contains("must be a mapping");
        assertThat(apply("").code()).isEqualTo(2);
        String bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n";
        assertThat(apply(bomb).err()).contains("is not YAML", "liases");
        assertThat(apply("a: " + "[".repeat(100_000)).code()).isEqualTo(2);
        assertThat(apply("version: 1\n---\nversion: 1\n").err()).contains("is not YAML");
        assertThat(apply("version: 1\ntenants: !!java.net.URL {}\n").code()).isNotZero();
        assertThat(apply("version: 2\n").err()).contains("version: must be 1");
        assertThat(server.ctl("apply").code()).isEqualTo(2);
        assertThat(server.ctl("apply", "-f", "/nowhere/at.all").code()).isEqualTo(2);
    }

    @Test
    void bytesThatAreNoTextAndFilesThatAreTooLargeAreRefused(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("bad.yaml");
        Files.write(file, "version: 1\ntenants:\n  a: {name: \"caf\u00e9\"}\n".getBytes(StandardCharsets.ISO_8859_1));
        Ctl refused = server.ctl("apply", "-f", file.toString());
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).contains("bad.yaml:3: is not UTF-8");
        try (java.io.RandomAccessFile large = new java.io.RandomAccessFile(file.toFile(), "rw")) {
            large.setLength(100L << 20);
        }
        assertThat(server.ctl("apply", "-f", file.toString()).err()).contains("larger than 8 MiB");
    }

    @Test
    void routesThatLeadNowhereOrRoundAreRefused() {
        String slug = tenant();
        String route = "providers: {sim: {type: simulated}}\nroutes:\n";
        assertThat(apply(Documents.of(slug, route + "  a: {targets: [gone/gpt-4o]}"))
                        .err())
                .contains("standard input:6: ", "has no provider `gone`");
        Ctl round = apply(Documents.of(slug, route + "  a: {targets: [b]}\n  b: {targets: [c]}\n  c: {targets: [a]}"));
        assertThat(round.code()).isEqualTo(1);
        assertThat(round.err()).contains("leads round in a circle: a -> b -> c -> a");
        StringBuilder chain = new StringBuilder(route);
        for (int i = 0; i < 20_000; i++) {
            chain.append("  r").append(i).append(": {targets: [r").append(i + 1).append("]}\n");
        }
        assertThat(apply(Documents.of(
                                slug,
                                chain.append("  r20000: {targets: [sim/x]}").toString()))
                        .err())
                .contains("leads through more than 32 routes, one behind the other: r0 -> r1 -> ... -> r31");
        apply(Documents.of(slug, route + "  a: {targets: [b]}\n  b: {targets: [sim/x]}"))
                .value();
        Ctl turned = apply(Documents.of(slug, route + "  b: {targets: [a]}\n  a: {targets: [sim/x]}"));
        assertThat(turned.value()).contains("2 changed");
        // what led to a route must let go of it first, wherever it stands in the file
        Ctl parted =
                apply(Documents.of(slug, route + "  a: {targets: [sim/x], matchPath: /v1/x}\n  b: {targets: [sim/x]}"));
        assertThat(parted.value()).contains("2 changed");
    }

    @Test
    void pruneDeletesWhatTheSectionsDoNotNameAndAsks() {
        String slug = tenant();
        String all = """
                users: {a@x.example: {}}
                providers: {sim: {type: simulated}, old: {type: simulated}}
                keys: {one: {user: a@x.example}, two: {providers: [old]}}
                routes: {top: {targets: [down]}, down: {targets: [old/x]}}
                limits: [{scope: tenant, metric: requests, amount: 5, per: day}]
                prices: [{model: m, validFrom: 2026-11-01, input: 1}]
                """;
        apply(Documents.of(slug, all)).value();
        String part =
                Documents.of(slug, "providers: {sim: {type: simulated}}\nkeys: {}\nroutes:\nlimits: []\nprices: []");
        Ctl kept = apply(part);
        assertThat(kept.value()).startsWith("nothing to change");
        assertThat(kept.err()).contains("7 things are on the server and not in the file; --prune deletes them");
        Ctl unasked = apply(part, "--prune");
        assertThat(unasked.code()).isEqualTo(2);
        assertThat(unasked.err()).contains("delete 7 things", "--yes");
        assertThat(export(slug)).contains("top:");
        assertThat(apply(part, "--prune", "--dry-run").value()).contains("- route " + slug + "/top (--prune)");
        assertThat(apply(part, "--prune", "--yes").value()).contains("7 deleted");
        // of users the file says nothing, and a tenant goes by its own command alone
        assertThat(export(slug)).contains("a@x.example").doesNotContain("top:", "old:", "one:");
        assertThat(apply("version: 1\ntenants: {}", "--prune", "--yes").value()).startsWith("nothing to change");
    }

    @Test
    void aDeclaredLimitOfWhatPruneDeletesIsAFaultAndNothingIsChanged() {
        String slug = tenant();
        String all = "users: {a@x.example: {}}\nproviders: {sim: {type: simulated}}\nkeys: {one: {}}";
        for (String scope : List.of("key=one", "user=a@x.example", "provider=sim")) {
            String limit = "\nlimits: [{scope: %s, metric: requests, amount: 5, per: day}]".formatted(scope);
            apply(Documents.of(slug, all + limit)).value();
            Ctl refused = apply(Documents.of(slug, "users:\nproviders:\nkeys:" + limit), "--prune", "--yes");
            assertThat(refused.code()).as(scope).isEqualTo(1);
            assertThat(refused.err()).contains(".limits.0:", "the limit is for the " + scope.replace('=', ' '));
            assertThat(export(slug)).contains("one:", "sim:", "a@x.example:", scope);
        }
    }

    @Test
    void aStateThatChangedSinceItWasComparedIsAConflict() {
        String slug = tenant();
        apply(Documents.of(slug, "keys: {a: {}}")).value();
        String more = Documents.of(slug, "keys: {a: {}, b: {}}");
        String version = JSON.readTree(
                        apply(more, "-t", slug, "--dry-run", "-o", "json").value())
                .path("version")
                .asString();
        assertThat(server.ctl("-t", slug, "export", "-q").value()).isEqualTo(version);
        server.ctl("-t", slug, "key", "create", "c").value();
        Ctl refused = apply(more, "-t", slug, "--expect", version);
        assertThat(refused.code()).isEqualTo(5);
        assertThat(refused.err()).contains("has changed since it was compared");
        String now = server.ctl("-t", slug, "export", "-q").value();
        CompletableFuture<Ctl> one = CompletableFuture.supplyAsync(() -> apply(more, "-t", slug, "--expect", now));
        Ctl other = apply(more.replace("b: {}", "d: {}"), "-t", slug, "--expect", now);
        assertThat(List.of(one.join().code(), other.code())).containsExactlyInAnyOrder(0, 5);
    }

    @Test
    void twoAppliesAtOnceComeOneAfterTheOther() {
        String slug = tenant();
        StringBuilder keys = new StringBuilder("keys:\n");
        for (int i = 0; i < 50; i++) {
            keys.append("  k").append(i).append(": {}\n");
        }
        String file = Documents.of(slug, keys.toString());
        List<CompletableFuture<Ctl>> running = Stream.generate(() -> CompletableFuture.supplyAsync(() -> apply(file)))
                .limit(3)
                .toList();
        List<Ctl> ended = running.stream().map(CompletableFuture::join).toList();
        assertThat(ended).allSatisfy(ctl -> assertThat(ctl.code()).as(ctl.err()).isZero());
        assertThat(ended.stream().filter(ctl -> ctl.out().startsWith("nothing to change")))
                .hasSize(2);
    }

    @Test
    void aProcessOfOneTenantRefusesOthers() {
        try (TestAppliance one = TestAppliance.builder().set("tenant", "acme").start()) {
            assertThat(Documents.apply(one, Documents.of("acme", "keys: {a: {}}"))
                            .code())
                    .isZero();
            Ctl foreign = Documents.apply(one, Documents.of("globex", "keys: {a: {}}"));
            assertThat(foreign.code()).isEqualTo(1);
            assertThat(foreign.err()).contains("serves the tenant `acme` alone");
            assertThat(Documents.apply(one, "version: 1\nshared: {providers: {p: {type: simulated}}}")
                            .err())
                    .contains("serves the tenant `acme` alone");
            assertThat(one.ctl("-t", "globex", "export").code()).isEqualTo(1);
            assertThat(one.ctl("export").out()).contains("acme:").doesNotContain("shared:");
        }
        assertThat(apply(Documents.of("acme", ""), "-t", "globex").err()).contains("is not the tenant `globex`");
    }
}
