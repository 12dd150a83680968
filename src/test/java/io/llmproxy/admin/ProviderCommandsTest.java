package io.llmproxy.admin;

import static io.llmproxy.testing.AdminFixture.tenantAdmin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.admin.AdminCommand.CreateProvider;
import io.llmproxy.admin.AdminCommand.DeleteProvider;
import io.llmproxy.admin.AdminCommand.DisableProvider;
import io.llmproxy.admin.AdminCommand.ProviderChanges;
import io.llmproxy.admin.AdminCommand.UpdateProvider;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.AdminException.Reason;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.testing.AdminFixture;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProviderCommandsTest {
    private static final String SECRET = "sk-planted-0123456789";
    private final AdminFixture f = new AdminFixture();
    private Tenant acme;
    private Actor boss;

    @BeforeEach
    void setUp() {
        acme = f.tenant("acme");
        boss = tenantAdmin(acme);
    }

    @Test
    void aValueIsSealedForItsTenantAndRowAndNamedNowhere() {
        ProviderAccount p = create("acme", "up", ProviderKind.OPENAI, Samples.provider(null, null, SECRET + "\n"));
        assertThat(((Credential.Sealed) p.credential()).envelope())
                .isEqualTo("v1.test." + acme.id() + "|provider|" + p.id() + "." + SECRET.length());
        ProviderAccount shared = create(null, "up", ProviderKind.OPENAI, Samples.provider(null, null, SECRET));
        assertThat(((Credential.Sealed) shared.credential()).envelope()).contains("shared|provider|" + shared.id());
        assertThat(f.memory.auditEvents().toString()).doesNotContain(SECRET);
    }

    @Test
    void theTypesOwnAddressIsTheDefaultAndCustomNeedsOne() {
        ProviderAccount p = create("acme", "up", ProviderKind.OPENAI, Samples.provider(null, null, SECRET));
        assertThat(p.baseUrl()).hasToString("https://api.openai.com/v1");
        invalid("baseUrl", new CreateProvider("acme", "x", ProviderKind.CUSTOM, ProviderChanges.NONE));
    }

    @Test
    void aTypeThatNeedsACredentialSaysHowToGiveIt() {
        InvalidValueException e =
                invalid("credential", new CreateProvider("acme", "x", ProviderKind.OPENAI, ProviderChanges.NONE));
        assertThat(e).hasMessageContaining("--api-key-env").hasMessageContaining("--secret");
    }

    @Test
    void aReferenceAndAValueTogetherAreRefusedAndSoIsAForbiddenReference() {
        SecretRef ref = SecretRef.parse("env:KEY");
        invalid(
                "credentialRef",
                new CreateProvider("acme", "x", ProviderKind.OPENAI, Samples.provider(null, ref, SECRET)));
        invalid(
                "credential",
                new CreateProvider(
                        "acme",
                        "x",
                        ProviderKind.OPENAI,
                        Samples.provider(null, SecretRef.parse("file:/forbidden/key"), null)));
    }

    @Test
    void aMetadataAddressIsForNobodyAndAPrivateOneForAdmins() {
        ProviderChanges metadata = Samples.provider("http://169.254.169.254/v1", null, null);
        ProviderChanges loopback = Samples.provider("http://127.0.0.1:9100/v1", null, null);
        invalid("baseUrl", new CreateProvider("acme", "x", ProviderKind.CUSTOM, metadata));
        assertThat(create("acme", "a", ProviderKind.CUSTOM, loopback).privateAllowed())
                .isTrue();
        assertThatThrownBy(
                        () -> f.executor.execute(boss, new CreateProvider("acme", "b", ProviderKind.CUSTOM, loopback)))
                .isInstanceOf(InvalidValueException.class);
        assertThatThrownBy(() -> f.executor.execute(boss, new UpdateProvider("acme", "a", loopback)))
                .isInstanceOf(InvalidValueException.class);
    }

    @Test
    void anUpdateKeepsWhatItDoesNotName() {
        ProviderAccount before = create("acme", "up", ProviderKind.OPENAI, Samples.provider(null, null, SECRET));
        f.now = f.now.plusSeconds(5);
        ProviderAccount after = update(
                AdminFixture.ADMIN, "up", Samples.headers(MapChange.setting(Map.of("X-Team", "a", "X-Other", "b"))));
        assertThat(after.credential()).isEqualTo(before.credential());
        assertThat(after.baseUrl()).isEqualTo(before.baseUrl());
        assertThat(after.updatedAt()).isEqualTo(f.now);
        after = update(
                AdminFixture.ADMIN,
                "up",
                Samples.headers(new MapChange(false, Map.of("x-team", "c"), Set.of("x-other"))));
        assertThat(after.headers()).containsExactly(Map.entry("x-team", "c"));
    }

    @Test
    void aCredentialIsReplacedByTheOtherFormAndNotTakenFromATypeThatNeedsIt() {
        create("acme", "up", ProviderKind.OPENAI, Samples.provider(null, null, SECRET));
        ProviderAccount p = update(AdminFixture.ADMIN, "up", Samples.provider(null, SecretRef.parse("env:KEY"), null));
        assertThat(p.credential()).isEqualTo(new Credential.Referenced(SecretRef.parse("env:KEY")));
        ProviderChanges none = new ProviderChanges(
                Change.none(),
                Change.to(null),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                MapChange.NONE,
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                AdminCommand.EgressChanges.NONE,
                Change.none(),
                AdminCommand.CredentialChanges.NONE,
                MapChange.NONE,
                MapChange.NONE);
        invalid("credential", new UpdateProvider("acme", "up", none));
    }

    @Test
    void credentialsAreAddedAndRemovedByName() {
        create("acme", "up", ProviderKind.OPENAI, Samples.provider(null, null, SECRET));

        ProviderAccount two =
                update(AdminFixture.ADMIN, "up", Samples.credentials(SecretRef.parse("env:KEY"), "sk-another-one"));
        assertThat(two.credential().each())
                .extracting(Credential.Named::name)
                .containsExactly("key-1", "env:KEY", "key-2");
        assertThat(two.toString()).doesNotContain("sk-another-one");
        assertThat(f.memory.auditEvents().getLast().details().toString())
                .contains("addCredentialRef=env:KEY", "addApiKey=(sealed)")
                .doesNotContain("sk-another-one");

        ProviderAccount rest = update(boss, "up", Samples.credentials(null, null, "key-1", "env:KEY"));
        assertThat(rest.credential()).isInstanceOf(Credential.Sealed.class);
        invalid("credential", new UpdateProvider("acme", "up", Samples.credentials(null, null, "key-1")));
        ProviderAccount replaced = update(boss, "up", Samples.provider(null, null, SECRET));
        assertThat(replaced.credential().each()).hasSize(1);
    }

    @Test
    void furtherCredentialsFollowTheRulesOfTheFirst() {
        create("acme", "up", ProviderKind.OPENAI, Samples.provider(null, SecretRef.parse("env:KEY"), null));

        refused(
                boss,
                Reason.FORBIDDEN,
                new UpdateProvider("acme", "up", Samples.credentials(SecretRef.parse("env:OTHER"), null)));
        invalid(
                "addCredentialRef",
                new UpdateProvider("acme", "up", Samples.credentials(SecretRef.parse("env:KEY"), null)));
        invalid("removeCredentials", new UpdateProvider("acme", "up", Samples.credentials(null, null, "nobody")));
        invalid("apiKey", new UpdateProvider("acme", "up", Samples.credentials(null, "two words")));
        for (int i = 1; i < 16; i++) {
            update(AdminFixture.ADMIN, "up", Samples.credentials(null, "sk-number-" + i));
        }
        invalid("addCredentialRef", new UpdateProvider("acme", "up", Samples.credentials(null, "sk-too-many")));
    }

    @Test
    void aTenantAdminCannotSendAnAdminsCredentialElsewhere() {
        create("acme", "up", ProviderKind.OPENAI, Samples.provider(null, SecretRef.parse("env:KEY"), null));
        ProviderChanges moved = Samples.provider("https://attacker.example/v1", null, null);
        refused(boss, Reason.FORBIDDEN, new UpdateProvider("acme", "up", moved));
        ProviderAccount own = update(boss, "up", Samples.provider("https://other.example/v1", null, SECRET));
        assertThat(own.privateAllowed()).isFalse();
        f.admin(new UpdateProvider("acme", "up", Samples.headers(MapChange.setting(Map.of("X-Token", "t")))));
        refused(
                boss,
                Reason.FORBIDDEN,
                new UpdateProvider("acme", "up", Samples.provider("https://attacker.example/v1", null, SECRET)));
    }

    @Test
    void headersThatAreTheConnectionsOrTheCredentialsAreRefused() {
        for (String name : List.of("Authorization", "Host", "Transfer-Encoding", "x-api-key", "Via")) {
            invalid(
                    "headers",
                    new CreateProvider(
                            "acme", "x", ProviderKind.OLLAMA, Samples.headers(MapChange.setting(Map.of(name, "v")))));
        }
    }

    @Test
    void aCredentialWithControlCharactersIsRefusedWithoutRepeatingIt() {
        InvalidValueException e = invalid(
                "apiKey",
                new CreateProvider(
                        "acme", "x", ProviderKind.OPENAI, Samples.provider(null, null, SECRET + "\r\nX-Evil: 1")));
        assertThat(e).hasMessageNotContaining(SECRET);
    }

    @Test
    void whatRefersToAProviderKeepsIt() {
        create("acme", "up", ProviderKind.OLLAMA, ProviderChanges.NONE);
        f.admin(Samples.defaultProvider("acme", "up"));
        f.admin(Samples.keyFor("acme", "dev", "up"));
        AdminException e = refused(AdminFixture.ADMIN, Reason.CONFLICT, new DeleteProvider("acme", "up"));
        assertThat(e).hasMessageContaining("default provider").hasMessageContaining("`dev`");
        f.admin(Samples.defaultProvider("acme", null));
        f.admin(new AdminCommand.DeleteKey("acme", "dev"));
        f.admin(new DeleteProvider("acme", "up"));
        refused(AdminFixture.ADMIN, Reason.NOT_FOUND, new DeleteProvider("acme", "up"));
    }

    @Test
    void aSharedProviderIsKeptByTheTenantsThatMeanIt() {
        create(null, "pool", ProviderKind.OLLAMA, ProviderChanges.NONE);
        f.tenant("beta");
        f.admin(Samples.allowed("beta", Set.of("pool")));
        AdminException e = refused(AdminFixture.ADMIN, Reason.CONFLICT, new DeleteProvider(null, "pool"));
        assertThat(e).hasMessageContaining("tenant beta");
        create("beta", "pool", ProviderKind.OLLAMA, ProviderChanges.NONE);
        f.admin(new DeleteProvider(null, "pool"));
    }

    @Test
    void aSharedProviderIsNotChangedThroughATenant() {
        create(null, "pool", ProviderKind.OLLAMA, ProviderChanges.NONE);
        refused(AdminFixture.ADMIN, Reason.FORBIDDEN, new DisableProvider("acme", "pool"));
        refused(boss, Reason.FORBIDDEN, new DisableProvider(null, "pool"));
    }

    @Test
    void namesOfProvidersMustExistAndBeAllowed() {
        invalid("defaultProvider", Samples.defaultProvider("acme", "none"));
        invalid("allowedProviders", Samples.allowed("acme", Set.of("none")));
        invalid("providers", Samples.keyFor("acme", "k", "none"));
        create("acme", "a", ProviderKind.OLLAMA, ProviderChanges.NONE);
        create("acme", "b", ProviderKind.OLLAMA, ProviderChanges.NONE);
        f.admin(Samples.defaultProvider("acme", "a"));
        invalid("defaultProvider", Samples.allowed("acme", Set.of("b")));
        f.admin(Samples.allowed("acme", Set.of("a")));
        invalid("providers", Samples.keyFor("acme", "k", "b"));
        invalid("defaultProvider", Samples.defaultProvider("acme", "b"));
    }

    @Test
    void theTesterAsksForTheModelsAndClosesWhatItOpened() {
        ProviderAccount p = create("acme", "up", ProviderKind.OLLAMA, ProviderChanges.NONE);
        ProviderTester tester = new ProviderTester(f.providers, body -> Optional.of(List.of("gpt-4o")));
        assertThat(tester.test(p).ok()).isTrue();
        assertThat(tester.test(p).models()).containsExactly("gpt-4o");
        f.providers.status = 401;
        assertThat(tester.test(p)).matches(r -> !r.ok() && Integer.valueOf(401).equals(r.status()));
        f.providers.fault = "credential env:X is not set";
        assertThat(tester.test(p).message()).isEqualTo("credential env:X is not set");
        assertThat(f.providers.open).hasValue(0);
    }

    /** A name that only one seller has need not be spelt out with the provider's. */
    @Test
    void theTesterSaysWhatDeclaresASellersOwnModels() {
        ProviderTester tester = new ProviderTester(f.providers, body -> Optional.of(List.of("grok-4")));
        assertThat(tester.test(Accounts.account(ProviderKind.XAI, List.of())).message())
                .startsWith("lists 1 model; ")
                .contains("up/MODEL", "--models 'grok-*' declares");
        assertThat(tester.test(Accounts.account(ProviderKind.XAI, List.of(new Glob("grok-*"))))
                        .message())
                .isEqualTo("lists 1 model");
        assertThat(tester.test(Accounts.account(ProviderKind.GROQ, List.of())).message())
                .isEqualTo("lists 1 model");
    }

    private ProviderAccount create(@Nullable String tenant, String name, ProviderKind kind, ProviderChanges settings) {
        return account(f.admin(new CreateProvider(tenant, name, kind, settings)));
    }

    private ProviderAccount update(Actor actor, String name, ProviderChanges changes) {
        return account(f.executor.execute(actor, new UpdateProvider("acme", name, changes)));
    }

    private static ProviderAccount account(CommandResult result) {
        return ((CommandResult.OfProvider) result).provider().account();
    }

    private InvalidValueException invalid(String field, AdminCommand command) {
        InvalidValueException e = catchThrowableOfType(InvalidValueException.class, () -> f.admin(command));
        assertThat(e).as(command.toString()).isNotNull();
        assertThat(e.field()).isEqualTo(field);
        return e;
    }

    private AdminException refused(Actor actor, Reason reason, AdminCommand command) {
        AdminException e = catchThrowableOfType(AdminException.class, () -> f.executor.execute(actor, command));
        assertThat(e).as(command.toString()).isNotNull();
        assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason);
        return e;
    }
}
