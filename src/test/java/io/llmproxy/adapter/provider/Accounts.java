package io.llmproxy.adapter.provider;

import io.llmproxy.adapter.provider.support.UpstreamDefaults;
import io.llmproxy.adapter.provider.support.chat.Translations;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderOptions;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.gateway.estimate.UsageEstimator;
import io.llmproxy.port.SecretSealer;
import io.llmproxy.port.SecretSource;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Accounts and a factory as tests of providers want them. */
public final class Accounts {
    public static final UUID TENANT = new UUID(1, 1);
    public static final UUID ID = new UUID(2, 2);

    private Accounts() {}

    public static ProviderAccount account(ProviderKind kind, String baseUrl) {
        return account(kind, URI.create(baseUrl), new Credential.None(), Map.of(), true, TENANT);
    }

    /** One of its own address. */
    public static ProviderAccount account(ProviderKind kind, List<Glob> models) {
        URI baseUrl = URI.create(kind.exampleBaseUrl());
        return account(ID, "up", kind, baseUrl, new Credential.None(), models, Map.of(), true, TENANT);
    }

    /** One of OpenAI's. */
    public static ProviderAccount account(UUID tenant, String name, List<Glob> models) {
        URI baseUrl = URI.create("https://api.example.com/v1");
        return account(
                UUID.randomUUID(),
                name,
                ProviderKind.OPENAI,
                baseUrl,
                new Credential.None(),
                models,
                Map.of(),
                true,
                tenant);
    }

    public static ProviderAccount account(
            ProviderKind kind,
            URI baseUrl,
            Credential credential,
            Map<String, String> headers,
            boolean privateAllowed,
            @Nullable UUID tenant) {
        return account(ID, "up", kind, baseUrl, credential, List.of(), headers, privateAllowed, tenant);
    }

    private static ProviderAccount account(
            UUID id,
            String name,
            ProviderKind kind,
            URI baseUrl,
            Credential credential,
            List<Glob> models,
            Map<String, String> headers,
            boolean privateAllowed,
            @Nullable UUID tenant) {
        return new ProviderAccount(
                id,
                tenant,
                name,
                kind,
                baseUrl,
                credential,
                models,
                0,
                1,
                headers,
                null,
                ProviderTimeouts.DEFAULT,
                ProviderEgress.DEFAULT,
                StreamUsage.AUTO,
                io.llmproxy.domain.model.Abilities.NONE,
                privateAllowed,
                true,
                Instant.EPOCH,
                Instant.EPOCH);
    }

    /** The same account with what its type is told besides. */
    public static ProviderAccount with(
            ProviderAccount p, @org.jspecify.annotations.Nullable String apiVersion, Map<String, String> options) {
        return new ProviderAccount(
                p.id(),
                p.tenantId(),
                p.name(),
                p.kind(),
                p.baseUrl(),
                p.credential(),
                p.models(),
                p.priority(),
                p.weight(),
                p.headers(),
                apiVersion,
                p.timeouts(),
                p.egress(),
                p.streamUsage(),
                p.abilities(),
                p.privateAllowed(),
                p.enabled(),
                p.createdAt(),
                p.updatedAt(),
                new ProviderOptions(options));
    }

    /** Knows the secrets of {@code env:NAME} in {@code secrets}; a sealed envelope holds its secret and its context. */
    public static Providers providers(Map<String, String> secrets, InetSocketAddress... own) {
        return new Providers(
                new MapSecrets(secrets),
                new PlainSealer(),
                List.of(),
                () -> List.of(own),
                UpstreamDefaults.NONE,
                new Translations(
                        false,
                        new UsageEstimator((encoding, text) -> text.length() / 4),
                        InstantSource.fixed(Instant.EPOCH)),
                InstantSource.fixed(Instant.EPOCH));
    }

    private record MapSecrets(Map<String, String> values) implements SecretSource {
        @Override
        public void check(SecretRef ref) {}

        @Override
        public Optional<Secret> resolve(SecretRef ref) {
            return Optional.ofNullable(values.get(ref.name())).map(Secret::new);
        }
    }

    private record PlainSealer() implements SecretSealer {
        @Override
        public Credential.Sealed seal(Secret secret, String context) {
            return new Credential.Sealed(secret.reveal() + "@" + context);
        }

        @Override
        public Secret open(Credential.Sealed sealed, String context) {
            int at = sealed.envelope().indexOf('@');
            if (!sealed.envelope().substring(at + 1).equals(context)) {
                throw new IllegalStateException("sealed elsewhere");
            }
            return new Secret(sealed.envelope().substring(0, at));
        }
    }
}
