package io.llmproxy.adapter.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LocalSecretSourceTest {
    @TempDir
    Path root = Path.of("unset");

    private Path secrets = Path.of("unset");
    private Path masterKey = Path.of("unset");
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void setUp() throws IOException {
        secrets = Files.createDirectory(root.resolve("secrets"));
        masterKey = Files.createDirectory(root.resolve("data")).resolve("master.key");
        Files.writeString(masterKey, "the master key");
    }

    private LocalSecretSource source(Path... directories) {
        return new LocalSecretSource(List.of(directories), masterKey, environment::get);
    }

    private static SecretRef file(Path path) {
        return new SecretRef(SecretRef.Kind.FILE, path.toString());
    }

    private void refused(LocalSecretSource source, SecretRef ref) {
        assertThatThrownBy(() -> source.check(ref)).isInstanceOf(InvalidValueException.class);
        assertThat(source.resolve(ref)).isEmpty();
    }

    @Test
    void aVariableIsRead() {
        environment.put("UPSTREAM_KEY", "sk-1\n");
        environment.put("EMPTY", "");
        SecretRef ref = SecretRef.parse("env:UPSTREAM_KEY");
        source().check(ref);
        assertThat(source().resolve(ref)).contains(new Secret("sk-1"));
        assertThat(source().resolve(SecretRef.parse("env:EMPTY"))).isEmpty();
        assertThat(source().resolve(SecretRef.parse("env:MISSING"))).isEmpty();
    }

    @Test
    void ourOwnVariablesCannotEvenBeNamed() {
        for (String name : new String[] {"LLMPROXY_MASTER_KEY", "llmproxy_master_key", "LLMPROXY_X"}) {
            assertThatThrownBy(() -> SecretRef.parse("env:" + name)).isInstanceOf(InvalidValueException.class);
        }
    }

    @Test
    void aFileIsReadWithoutOneTrailingLineEnd() throws IOException {
        Map<String, String> texts = Map.of("a", "sk-1", "b", "sk-1\n", "c", "sk-1\r\n");
        for (Map.Entry<String, String> text : texts.entrySet()) {
            Path path = Files.writeString(secrets.resolve(text.getKey()), text.getValue());
            source(secrets).check(file(path));
            assertThat(source(secrets).resolve(file(path))).contains(new Secret("sk-1"));
        }
        Path two = Files.writeString(secrets.resolve("d"), "sk-1\n\n");
        assertThat(source(secrets).resolve(file(two))).contains(new Secret("sk-1\n"));
    }

    @Test
    void aMissingFileMayBeStoredAndIsEmptyUntilItIsThere() throws IOException {
        Path path = secrets.resolve("later/key");
        source(secrets).check(file(path));
        assertThat(source(secrets).resolve(file(path))).isEmpty();
        Files.createDirectory(path.getParent());
        Files.writeString(path, "sk-2");
        assertThat(source(secrets).resolve(file(path))).contains(new Secret("sk-2"));
    }

    @Test
    void aFileElsewhereIsRefused() throws IOException {
        Path outside = Files.writeString(root.resolve("outside"), "x");
        Path sibling = Files.createDirectory(root.resolve("secrets-not")).resolve("x");
        Files.writeString(sibling, "x");
        refused(source(secrets), file(outside));
        refused(source(secrets), file(sibling));
        refused(source(secrets), file(secrets));
        refused(source(secrets), new SecretRef(SecretRef.Kind.FILE, secrets + "/../outside"));
        refused(source(), file(outside));
        refused(source(secrets), SecretRef.parse("file:/etc/passwd"));
    }

    @Test
    void aLinkIsJudgedByWhereItEnds() throws IOException {
        Path outside = Files.writeString(root.resolve("outside"), "x");
        Path directory = Files.createDirectory(root.resolve("elsewhere"));
        Files.writeString(directory.resolve("x"), "x");
        refused(source(secrets), file(Files.createSymbolicLink(secrets.resolve("link"), outside)));
        Path linkedDirectory = Files.createSymbolicLink(secrets.resolve("dir"), directory);
        refused(source(secrets), file(linkedDirectory.resolve("x")));
        refused(source(secrets), file(linkedDirectory.resolve("not-there-yet")));
        refused(source(secrets), file(Files.createSymbolicLink(secrets.resolve("dangling"), root.resolve("later"))));
        Path inside = Files.writeString(secrets.resolve("real"), "sk-3");
        Path good = Files.createSymbolicLink(secrets.resolve("good"), inside);
        assertThat(source(secrets).resolve(file(good))).contains(new Secret("sk-3"));
    }

    @Test
    void aConfiguredDirectoryMayItselfBeALink() throws IOException {
        Path link = Files.createSymbolicLink(root.resolve("link-to-secrets"), secrets);
        Path inside = Files.writeString(secrets.resolve("real"), "sk-4");
        source(link).check(file(link.resolve("real")));
        assertThat(source(link).resolve(file(inside))).contains(new Secret("sk-4"));
    }

    @Test
    void theMasterKeyIsOutOfReachByAnyPath() throws IOException {
        LocalSecretSource wide = source(root);
        refused(wide, file(masterKey));
        refused(wide, file(Files.createSymbolicLink(secrets.resolve("soft"), masterKey)));
        refused(wide, file(Files.createLink(secrets.resolve("hard"), masterKey)));
        Files.delete(secrets.resolve("hard"));
        Files.delete(masterKey);
        assertThatThrownBy(() -> wide.check(file(masterKey))).isInstanceOf(InvalidValueException.class);
    }

    @Test
    void aSystemdCredentialIsReadAndTheMasterKeyAmongThemIsNot() throws IOException {
        Path credentials = Files.createDirectory(root.resolve("credentials"));
        Files.writeString(credentials.resolve("openai"), "sk-5\n");
        Files.writeString(credentials.resolve("master-key"), "the master key");
        Files.createSymbolicLink(credentials.resolve("sly"), credentials.resolve("master-key"));
        Files.createSymbolicLink(credentials.resolve("out"), Files.writeString(root.resolve("outside"), "x"));
        SecretRef openai = SecretRef.parse("credential:openai");
        assertThat(source().resolve(openai)).isEmpty();
        environment.put("CREDENTIALS_DIRECTORY", credentials.toString());
        assertThatCode(() -> source().check(openai)).doesNotThrowAnyException();
        assertThat(source().resolve(openai)).contains(new Secret("sk-5"));
        refused(source(), SecretRef.parse("credential:master-key"));
        assertThat(source().resolve(SecretRef.parse("credential:sly"))).isEmpty();
        assertThat(source().resolve(SecretRef.parse("credential:out"))).isEmpty();
        assertThat(source().resolve(SecretRef.parse("credential:missing"))).isEmpty();
        refused(source(root), file(credentials.resolve("master-key")));
        assertThatThrownBy(() -> SecretRef.parse("credential:../data/master.key"))
                .isInstanceOf(InvalidValueException.class);
    }

    @Test
    @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void onlyRegularFilesOfAReasonableSizeAreRead() throws Exception {
        assertThat(source(secrets).resolve(file(Files.createDirectory(secrets.resolve("directory")))))
                .isEmpty();
        Path big = Files.writeString(secrets.resolve("big"), "x".repeat(1024 * 1024 + 1));
        assertThat(source(secrets).resolve(file(big))).isEmpty();
        Path most = Files.writeString(secrets.resolve("most"), "x".repeat(1024 * 1024));
        assertThat(source(secrets).resolve(file(most))).isPresent();
        Path binary = Files.write(secrets.resolve("binary"), new byte[] {(byte) 0xC3, 0x28});
        assertThat(source(secrets).resolve(file(binary))).isEmpty();
        Path empty = Files.writeString(secrets.resolve("empty"), "\n");
        assertThat(source(secrets).resolve(file(empty))).isEmpty();
        Path pipe = secrets.resolve("pipe");
        Process mkfifo = new ProcessBuilder("mkfifo", pipe.toString()).start();
        assertThat(mkfifo.waitFor(5, TimeUnit.SECONDS)).isTrue();
        assertThat(source(secrets).resolve(file(pipe))).isEmpty();
    }
}
