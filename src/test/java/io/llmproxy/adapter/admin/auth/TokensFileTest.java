package io.llmproxy.adapter.admin.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.identity.Role;
import io.llmproxy.runtime.KeySecrets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensFileTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static final String TOKEN = AdminTokens.generate();

    @TempDir
    Path directory;

    private static String hash(String token) {
        return HexFormat.of().formatHex(KeySecrets.hash(token).bytes());
    }

    private Path file(String text, String mode) throws Exception {
        Path file = Files.writeString(directory.resolve("tokens"), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    @Test
    void findsWhoseATokenIs() throws Exception {
        TokensFile tokens = TokensFile.parse(
                "tokens", """
                # who may administer

                root   role=admin  sha256=%s
                  boss role=tenant-admin tenant=acme sha256=%s
                anna role=user tenant=acme user=Anna@Example.com expires=2026-11-20T12:00:01Z sha256=%s
                """.formatted(hash(TOKEN), hash("llmpa_x"), hash(AdminTokens.PREFIX + "a".repeat(43))));
        assertThat(tokens.find(TOKEN, NOW)).satisfies(g -> {
            assertThat(g.name()).isEqualTo("token:root");
            assertThat(g.role()).isEqualTo(Role.ADMIN);
            assertThat(g.tenant()).isNull();
        });
        assertThat(tokens.find(AdminTokens.PREFIX + "a".repeat(43), NOW)).satisfies(g -> {
            assertThat(g.name()).isEqualTo("token:anna");
            assertThat(g.user()).isEqualTo("anna@example.com");
        });
        // expired; not of the form; its hash; changed by one character; empty
        assertThat(tokens.find(AdminTokens.PREFIX + "a".repeat(43), NOW.plusSeconds(1)))
                .isNull();
        assertThat(tokens.find("llmpa_x", NOW)).isNull();
        assertThat(tokens.find(hash(TOKEN), NOW)).isNull();
        assertThat(tokens.find(TOKEN.substring(0, TOKEN.length() - 1) + "!", NOW))
                .isNull();
        assertThat(tokens.find("", NOW)).isNull();
    }

    @Test
    void namesEveryWrongLineByItsNumberAndQuotesNoSecret() {
        String text = """
                a role=admin sha256=%1$s
                b role=king sha256=%2$s
                c role=tenant-admin sha256=%2$s
                d role=user tenant=acme sha256=%2$s
                e role=admin tenant=acme sha256=%2$s
                f role=tenant-admin tenant=acme user=x@y.z sha256=%2$s
                g role=admin sha256=llmpa_TheTokenItself
                h role=admin
                i role=admin role=admin sha256=%2$s
                j role=admin colour=red sha256=%2$s
                /k role=admin sha256=%2$s
                a role=admin sha256=%3$s
                l role=admin sha256=%1$s
                m role=admin expires=tomorrow sha256=%2$s
                n role=admin %2$s
                """.formatted(hash("1"), hash("2"), hash("3"));
        assertThatThrownBy(() -> TokensFile.parse("tokens", text))
                .isInstanceOf(AuthFault.class)
                .satisfies(e -> {
                    String[] faults = String.valueOf(e.getMessage()).split("\n");
                    assertThat(faults).hasSize(14);
                    for (int i = 0; i < faults.length; i++) {
                        assertThat(faults[i]).startsWith("tokens:" + (i + 2) + ": ");
                    }
                })
                .message()
                .contains("role: must be admin")
                .doesNotContain("TheTokenItself", hash("2"));
    }

    @Test
    void aFileThatOthersMayReadOrAnybodyElseMayWriteIsRefused() throws Exception {
        String line = "a role=admin sha256=" + hash(TOKEN) + "\n";
        for (String mode : new String[] {"rw-r--r--", "rw-rw----", "rw-r---w-"}) {
            Path file = file(line, mode);
            assertThatThrownBy(() -> TokensFile.read(file))
                    .as(mode)
                    .isInstanceOf(AuthFault.class)
                    .hasMessageContaining(mode)
                    .hasMessageContaining("chmod 640");
        }
        for (String mode : new String[] {"rw-------", "rw-r-----", "r--r-----"}) {
            assertThat(TokensFile.read(file(line, mode)).lines()).as(mode).hasSize(1);
            Files.delete(directory.resolve("tokens"));
        }
        assertThatThrownBy(() -> TokensFile.read(directory.resolve("none")))
                .hasMessageContaining("there is no such file");
        assertThatThrownBy(() -> TokensFile.read(file("#".repeat(1 << 21), "rw-------")))
                .hasMessageContaining("larger than 1 MiB");
    }

    @Test
    void linesAreAddedAndTakenOutUnderTheSameModeAndWithTheirComments() throws Exception {
        Path file = directory.resolve("new");
        TokensEditor editor = new TokensEditor(file);
        editor.add(line("ci", Role.ADMIN, null));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
        Files.writeString(file, Files.readString(file) + "# the last");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        editor.add(line("boss", Role.TENANT_ADMIN, "acme"));
        assertThat(TokensFile.read(file).lines()).extracting(TokenLine::name).containsExactly("ci", "boss");
        assertThatThrownBy(() -> editor.add(line("ci", Role.ADMIN, null))).isInstanceOf(AuthFault.class);
        editor.remove("ci");
        assertThatThrownBy(() -> editor.remove("ci")).hasMessageContaining("has no token `ci`");
        assertThat(Files.readString(file)).startsWith("# who may").contains("# the last\nboss role=tenant-admin");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (var names = Files.list(directory)) {
            assertThat(names).containsExactly(file);
        }
    }

    /** Who comes while another changes the file is refused, and may come again. */
    @Test
    void noLineIsLostWhereManyChangeTheFileAtOneTime() throws Exception {
        Path file = directory.resolve("shared");
        List<String> names = IntStream.range(0, 40).mapToObj(i -> "t" + i).toList();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (String name : names) {
                running.add(threads.submit(() -> {
                    addedAtLast(file, line(name, Role.ADMIN, null));
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        assertThat(TokensFile.read(file).lines())
                .extracting(TokenLine::name)
                .containsExactlyInAnyOrderElementsOf(names);
    }

    private static void addedAtLast(Path file, TokenLine line) throws InterruptedException {
        while (true) {
            try {
                new TokensEditor(file).add(line);
                return;
            } catch (AuthFault e) {
                assertThat(e).hasMessageContaining("somebody else is changing the file");
                Thread.sleep(1);
            }
        }
    }

    private static TokenLine line(String name, Role role, @Nullable String tenant) {
        return TokenLine.of(name, role, tenant, null, KeySecrets.hash(AdminTokens.generate()), null);
    }
}
