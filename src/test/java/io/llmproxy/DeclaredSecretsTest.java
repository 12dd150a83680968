package io.llmproxy;

import static io.llmproxy.testing.Documents.tenant;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Documents;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of keys, certificates and secrets that are administered as a file. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeclaredSecretsTest {
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
    void keysGoOnWorkingElsewhereByTheirHashes() {
        String slug = tenant();
        try (TestAppliance second = TestAppliance.start()) {
            String secret = apply(Documents.of(slug, "providers: {sim: {type: simulated}}\nkeys: {dev: {}}"), "-q")
                    .value()
                    .replaceFirst(".* ", "");
            String exported = server.ctl("-t", slug, "export", "--hashes").out();
            assertThat(exported).contains("hash: sha256:", "prefix: " + secret.substring(0, 12));
            Ctl moved = Documents.apply(second, exported, "--accept-hashes");
            assertThat(moved.code()).as(moved.err()).isZero();
            assertThat(moved.out())
                    .doesNotContain("secret of key")
                    .contains("+ key " + slug + "/dev, with the secret that begins with " + secret.substring(0, 12));
            try (Http http = new Http(second.gateway(), secret)) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
            // in the file of another installation the key is the same one
            assertThat(apply(exported).value()).startsWith("nothing to change");
            Ctl other =
                    apply(exported.replaceFirst("sha256:.", "sha256:" + (exported.contains("sha256:0") ? "1" : "0")));
            assertThat(other.code()).isEqualTo(1);
            assertThat(other.err()).contains("is another than the key's");
        }
    }

    /** Somebody deleted or rotated it for a reason, and the file is older than that. */
    @Test
    void theSecretOfAKeyThatWentDoesNotComeBackUnasked() {
        String slug = tenant();
        String secret = apply(
                        Documents.of(slug, "providers: {sim: {type: simulated}}\nkeys: {dev: {}, other: {}}"), "-q")
                .value()
                .lines()
                .filter(line -> line.contains("/dev "))
                .findFirst()
                .orElseThrow()
                .replaceFirst(".* ", "");
        String old = server.ctl("-t", slug, "export", "--hashes").out();
        server.ctl("-t", slug, "key", "rotate", "dev", "--grace", "0s", "--yes", "-q")
                .value();
        Ctl rotated = apply(old);
        assertThat(rotated.code()).isEqualTo(1);
        assertThat(rotated.err()).contains("keys.dev.hash", "is another than the key's");
        assertThat(apply(old, "--accept-hashes").code())
                .as("nor where that is asked")
                .isEqualTo(1);

        server.ctl("-t", slug, "key", "delete", "dev", "--yes").value();
        for (String[] options : new String[][] {{}, {"--dry-run"}, {"--prune", "--yes"}}) {
            Ctl refused = apply(old, options);
            assertThat(refused.code()).isEqualTo(5);
            assertThat(refused.err())
                    .contains("keys.dev.hash", "the secret that begins with " + secret.substring(0, 12))
                    .contains("--accept-hashes", "nothing was changed")
                    .doesNotContain("keys.other");
        }
        try (Http http = new Http(server.gateway(), secret)) {
            assertThat(http.chat().statusCode()).isEqualTo(401);
            assertThat(apply(old, "--accept-hashes", "--dry-run").value())
                    .contains("+ key " + slug + "/dev, with the secret that begins with " + secret.substring(0, 12));
            assertThat(http.chat().statusCode()).isEqualTo(401);
            apply(old, "--accept-hashes").value();
            assertThat(http.chat().statusCode()).isEqualTo(200);
        }
        assertThat(server.ctl("-t", slug, "audit", "list", "-o", "jsonl").value())
                .contains("known by its hash");
        // without a hash it is a new one
        server.ctl("-t", slug, "key", "delete", "dev", "--yes").value();
        assertThat(apply(old.replaceAll("(?m)^ +(hash|prefix): .*\\n", "")).value())
                .contains("+ key " + slug + "/dev\n", "secret of key");
    }

    @Test
    void certificatesGoFromOneKeyToAnother() {
        String slug = tenant();
        String keys = """
                keys:
                  a: {certificates: ["dns:%s"], certificateOnly: true}
                  b: {certificates: ["dns:%s"], certificateOnly: true}
                """;
        String one = slug + ".one.test";
        String two = slug + ".two.test";
        assertThat(apply(Documents.of(slug, keys.formatted(one, two))).code()).isZero();
        Ctl moved = apply(Documents.of(slug, keys.formatted(two, one)));
        assertThat(moved.code()).as(moved.err()).isZero();
        Ctl twice = apply(Documents.of(slug, keys.formatted(two, two)));
        assertThat(twice.code()).isEqualTo(5);
        assertThat(twice.err())
                .contains("standard input:6: tenants." + slug + ".keys.b")
                .contains("dns:" + two)
                .contains("the key `a`");
    }

    @Test
    void aThousandKeysOfCertificatesAreComparedInOneGo() {
        String slug = tenant();
        StringBuilder keys = new StringBuilder("keys:\n");
        for (int i = 0; i < 1000; i++) {
            keys.append("  k")
                    .append(i)
                    .append(": {certificates: [\"dns:")
                    .append(i)
                    .append('.')
                    .append(slug)
                    .append(".test\"], certificateOnly: true}\n");
        }
        Ctl made = apply(Documents.of(slug, keys.toString()), "-q");
        assertThat(made.code()).as(made.err()).isZero();
    }

    @Test
    void aRevokedKeyDoesNotComeBackWithAFile() {
        String slug = tenant();
        String file = Documents.of(slug, "keys: {leaked: {}}");
        apply(file).value();
        server.ctl("-t", slug, "key", "revoke", "leaked", "--yes").value();
        Ctl refused = apply(file);
        assertThat(refused.code()).isEqualTo(5);
        assertThat(refused.err()).contains("standard input:4: ", "revoked");
        assertThat(export(slug)).contains("keys: {}");
    }

    @Test
    void secretsThatAreNotInTheFileAreKeptAndNeverInvented() {
        String slug = tenant();
        server.ctl("tenant", "create", slug).value();
        server.ctlWithInput(
                        "sk-value",
                        "-t",
                        slug,
                        "provider",
                        "create",
                        "up",
                        "--type",
                        "openai",
                        "--api-key-stdin",
                        "--header",
                        "x-team=top-secret")
                .value();
        String exported = export(slug);
        assertThat(exported)
                .contains("credential: sealed:key-1", "x-team: '***'")
                .doesNotContain("top-secret");
        assertThat(apply(exported).value()).startsWith("nothing to change");
        assertThat(apply(exported.replace("x-team: '***'", "x-team: '***'\n          x-new: plain"))
                        .value())
                .contains("headers")
                .doesNotContain("top-secret", "plain");
        try (TestAppliance other = TestAppliance.start()) {
            Ctl refused = Documents.apply(other, exported);
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("x-team");
            assertThat(Documents.apply(other, exported.replace("'***'", "x")).err())
                    .contains("was given by value");
        }
        String referenced = exported.replace("sealed:key-1", "env:UPSTREAM_KEY");
        assertThat(apply(referenced).value()).contains("credentials [\"sealed:key-1\"] → [\"env:UPSTREAM_KEY\"]");
    }

    @Test
    void secretsOfNewKeysGoToFilesThatOneAloneReads(@TempDir Path directory) throws IOException {
        String slug = tenant();
        Path secrets = directory.resolve("secrets");
        Ctl done = apply(Documents.of(slug, "keys: {a: {}, b: {}}"), "--secrets-dir", secrets.toString());
        assertThat(done.value()).doesNotContain("llmp_");
        Path file = secrets.resolve(slug).resolve("a");
        assertThat(Files.readString(file)).matches("llmp_[0-9A-Za-z]{43}\n");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).hasSize(2);
        }
        Path plain = Files.writeString(directory.resolve("plain"), "");
        Ctl refused = apply(
                Documents.of(slug, "keys: {c: {}}"),
                "--secrets-dir",
                plain.resolve("x").toString());
        assertThat(refused.code()).isEqualTo(2);
        assertThat(export(slug)).doesNotContain(" c:");
    }

    @Test
    @Tag("proof")
    void tenThousandKeysAreOneFile() {
        String slug = tenant();
        StringBuilder keys = new StringBuilder("keys:\n");
        for (int i = 0; i < 10_000; i++) {
            keys.append("  k")
                    .append(i)
                    .append(": {models: [gpt-*], labels: {team: t")
                    .append(i)
                    .append("}}\n");
        }
        String file = Documents.of(slug, keys.toString());
        assertThat(apply(file, "-q").value().lines()).hasSize(10_000);
        assertThat(apply(file).value()).startsWith("nothing to change; 10001 as declared");
    }
}
