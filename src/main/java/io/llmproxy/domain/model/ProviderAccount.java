package io.llmproxy.domain.model;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.secret.Credential;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An upstream account as the operator described it.
 *
 * @param tenantId the owner; null: shared by all tenants
 * @param models names or globs that it declares; empty: it declares none and may be a tenant's default
 * @param priority of two that declare a model equally well the higher one serves it
 * @param weight the share of a weighted strategy
 * @param headers added to every request, in the operator's spelling; never shown to clients
 * @param abilities what its models can do, as the operator says; of others a built-in list tells
 * @param privateAllowed whether an admin of the installation named this base URL, so that loopback and private addresses
 *     are permitted when connecting
 * @param options what its type must be told beside all that
 */
public record ProviderAccount(
        UUID id,
        @Nullable UUID tenantId,
        String name,
        ProviderKind kind,
        URI baseUrl,
        Credential credential,
        List<Glob> models,
        int priority,
        int weight,
        Map<String, String> headers,
        @Nullable String apiVersion,
        ProviderTimeouts timeouts,
        ProviderEgress egress,
        StreamUsage streamUsage,
        Abilities abilities,
        boolean privateAllowed,
        boolean enabled,
        Instant createdAt,
        Instant updatedAt,
        ProviderOptions options) {

    public ProviderAccount {
        Checks.name("name", name);
        models = List.copyOf(models);
        Checks.atLeast("weight", weight, 0);
        headers.forEach(ProviderAccount::checkHeader);
        headers = java.util.Collections.unmodifiableMap(new TreeMap<>(headers));
    }

    /** An account whose type needs to be told nothing more. */
    public ProviderAccount(
            UUID id,
            @Nullable UUID tenantId,
            String name,
            ProviderKind kind,
            URI baseUrl,
            Credential credential,
            List<Glob> models,
            int priority,
            int weight,
            Map<String, String> headers,
            @Nullable String apiVersion,
            ProviderTimeouts timeouts,
            ProviderEgress egress,
            StreamUsage streamUsage,
            Abilities abilities,
            boolean privateAllowed,
            boolean enabled,
            Instant createdAt,
            Instant updatedAt) {
        this(
                id,
                tenantId,
                name,
                kind,
                baseUrl,
                credential,
                models,
                priority,
                weight,
                headers,
                apiVersion,
                timeouts,
                egress,
                streamUsage,
                abilities,
                privateAllowed,
                enabled,
                createdAt,
                updatedAt,
                ProviderOptions.NONE);
    }

    public boolean shared() {
        return tenantId == null;
    }

    /** Whether a stream's usage comes only where it is asked for, and asking does no harm. */
    public boolean askForStreamUsage() {
        return switch (streamUsage) {
            case AUTO -> kind.tellsUsageWhenAsked();
            case ON -> true;
            case OFF -> false;
        };
    }

    /** The same account with other timeouts. */
    public ProviderAccount within(ProviderTimeouts others) {
        return with(credential, others, egress);
    }

    /** The same account with another credential. */
    public ProviderAccount holding(Credential other) {
        return with(other, timeouts, egress);
    }

    /** The same account by another way. */
    public ProviderAccount by(ProviderEgress other) {
        return with(credential, timeouts, other);
    }

    private ProviderAccount with(
            Credential otherCredential, ProviderTimeouts otherTimeouts, ProviderEgress otherEgress) {
        return new ProviderAccount(
                id,
                tenantId,
                name,
                kind,
                baseUrl,
                otherCredential,
                models,
                priority,
                weight,
                headers,
                apiVersion,
                otherTimeouts,
                otherEgress,
                streamUsage,
                abilities,
                privateAllowed,
                enabled,
                createdAt,
                updatedAt,
                options);
    }

    private static void checkHeader(String name, String value) {
        boolean token = !name.isEmpty()
                && name.length() <= 128
                && name.chars().allMatch(c -> c > ' ' && c < 127 && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0);
        if (!token) {
            throw new InvalidValueException("headers", "is no header name: " + Checks.quoted(name));
        }
        if (value.length() > 4096 || value.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 127)) {
            throw new InvalidValueException(
                    "headers", "the value of " + name + " has control characters or is too long");
        }
    }
}
