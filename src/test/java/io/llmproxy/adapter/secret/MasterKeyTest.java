package io.llmproxy.adapter.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MasterKeyTest {
    private static final String ONE = Base64.getEncoder().encodeToString(new byte[32]);
    private static final String TWO = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    @TempDir
    Path dataDir = Path.of("unset");

    private final Map<String, String> environment = new HashMap<>();

    private MasterKey load(Credential.Sealed... existing) {
        return MasterKey.load(environment::get, dataDir, NeededKeys.of(List.of(existing), List.of()));
    }

    private Path write(String text, String mode) throws IOException {
        Path file = Files.writeString(MasterKey.file(dataDir), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    @Test
    void theFirstStartMakesOneForItsOwnerAloneAndTheNextTakesIt() throws IOException {
        MasterKey made = load();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(MasterKey.file(dataDir))))
                .isEqualTo("rw-------");
        try (Stream<Path> files = Files.list(dataDir)) {
            assertThat(files).containsExactly(MasterKey.file(dataDir));
        }
        Credential.Sealed sealed = new AesGcmSealer(made).seal(new Secret("sk-1"), "c");
        MasterKey again = load(sealed);
        assertThat(again.id()).isEqualTo(made.id()).matches("[0-9a-f]{8}");
        assertThat(new AesGcmSealer(again).open(sealed, "c")).isEqualTo(new Secret("sk-1"));
    }

    @Test
    void theIdIsTheBeginningOfTheKeysSha256() {
        assertThat(MasterKey.parse(ONE, "x").id()).isEqualTo("66687aad");
    }

    @Test
    void aCredentialThatSaysNoneIsNoneAndAnEmptyOneIsAFault() throws IOException {
        Path credentials = Files.createDirectory(dataDir.resolve("credentials"));
        environment.put(MasterKey.CREDENTIALS_DIRECTORY, credentials.toString());
        Files.writeString(credentials.resolve(MasterKey.CREDENTIAL), "none");
        String made = load().id();
        assertThat(MasterKey.file(dataDir)).exists();
        assertThat(load().id()).isEqualTo(made);
        Files.writeString(credentials.resolve(MasterKey.CREDENTIAL), "");
        assertThatThrownBy(this::load).isInstanceOf(MasterKeyException.class).hasMessageContaining("0 bytes");
    }

    @Test
    void theCredentialComesBeforeTheVariableBeforeTheFile() throws IOException {
        String id = load().id();
        environment.put(MasterKey.VARIABLE, ONE);
        assertThat(load().id()).isEqualTo("66687aad").isNotEqualTo(id);
        Path credentials = Files.createDirectory(dataDir.resolve("credentials"));
        environment.put("CREDENTIALS_DIRECTORY", credentials.toString());
        assertThat(load().id()).isEqualTo("66687aad");
        Files.writeString(credentials.resolve("master-key"), TWO + "\n");
        assertThat(load().id()).isEqualTo(MasterKey.parse(TWO, "x").id());
    }

    @Test
    void aCommandBesideAUnitKnowsTheKeyThatItsStartTakes() throws IOException {
        UnitFiles units = new UnitFiles(dataDir.resolve("etc"), dataDir.resolve("lib"));
        Path state = Files.createDirectories(units.states().resolve("acme"));
        Path credential =
                Files.createDirectories(units.settings().resolve("acme")).resolve(MasterKey.CREDENTIAL);
        assertThat(outside(state, units)).isNull();
        Files.writeString(credential, "none");
        assertThat(outside(state, units)).isNull();
        environment.put(MasterKey.VARIABLE, TWO);
        assertThat(outside(state, units)).endsWith(" of the environment variable LLMPROXY_MASTER_KEY");
        Path variables = Files.writeString(
                units.settings().resolve("acme.env"),
                "# LLMPROXY_MASTER_KEY=none\nOTHER=1\nLLMPROXY_MASTER_KEY=\"" + ONE + "\"\n");
        assertThat(outside(state, units)).isEqualTo("66687aad of LLMPROXY_MASTER_KEY in " + variables);
        Files.writeString(variables, "");
        Files.writeString(credential, ONE + "\n");
        assertThat(outside(state, units)).isEqualTo("66687aad of " + credential);
        // a directory of the same name elsewhere is no unit's
        Path elsewhere = Files.createDirectories(dataDir.resolve("drill/acme"));
        assertThat(outside(elsewhere, units))
                .startsWith(MasterKey.parse(TWO, "x").id());
    }

    private @Nullable String outside(Path state, UnitFiles units) {
        return MasterKey.outside(environment::get, state, units)
                .map(found -> found.key().id() + " of " + found.place())
                .orElse(null);
    }

    @Test
    void noneIsMadeWhereSealedValuesExist() {
        Credential.Sealed sealed = new AesGcmSealer(MasterKey.parse(ONE, "x")).seal(new Secret("sk-1"), "c");
        assertThatThrownBy(() -> load(sealed))
                .isInstanceOf(MasterKeyException.class)
                .hasMessageContaining("66687aad");
        assertThatThrownBy(() -> load(new Credential.Sealed("damaged"))).isInstanceOf(MasterKeyException.class);
        assertThat(MasterKey.file(dataDir)).doesNotExist();
    }

    @Test
    void anotherKeyThanTheValuesNeedIsRefusedNamingBoth() {
        environment.put(MasterKey.VARIABLE, TWO);
        Credential.Sealed sealed = new AesGcmSealer(MasterKey.parse(ONE, "x")).seal(new Secret("sk-1"), "c");
        assertThatThrownBy(() -> load(sealed))
                .isInstanceOf(MasterKeyException.class)
                .hasMessageContaining("66687aad")
                .hasMessageContaining(MasterKey.parse(TWO, "x").id());
    }

    @Test
    void aFileThatOthersMayReadIsRefused() throws IOException {
        for (String mode : new String[] {"rw-r-----", "rw----r--", "rw--w----"}) {
            Path file = write(ONE, mode);
            assertThatThrownBy(this::load)
                    .isInstanceOf(MasterKeyException.class)
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("chmod 600")
                    .hasMessageNotContaining(ONE);
        }
        write(ONE, "r--------");
        assertThat(load().id()).isEqualTo("66687aad");
    }

    @Test
    void aKeyOfAnotherFormIsRefusedWithoutQuotingIt() throws IOException {
        for (String wrong : new String[] {"", "c2hvcnQ=", "not base64 !!", ONE + ONE}) {
            write(wrong, "rw-------");
            assertThatThrownBy(this::load)
                    .isInstanceOf(MasterKeyException.class)
                    .hasMessageContaining("master.key")
                    .hasNoCause();
            assertThat(MasterKey.file(dataDir)).hasContent(wrong);
        }
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsTold() {
        assertThatThrownBy(() -> MasterKey.load(environment::get, dataDir.resolve("missing"), NeededKeys.NONE))
                .isInstanceOf(MasterKeyException.class)
                .hasMessageContaining("cannot be written");
    }
}
