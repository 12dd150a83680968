package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.secret.Credential;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What lies sealed in the database, by whoever has the key or has lost it. */
public final class SealedValues {
    private static final String LOOKING = "looking for sealed values";
    private static final String FORGETTING = "forgetting sealed values";
    private static final NamedSql OLDEST = NamedSql.of(
            "SELECT data FROM request_bodies WHERE tenant_id = :tenant ORDER BY tenant_id, request_id LIMIT 1");
    private static final NamedSql NEWEST = NamedSql.of("SELECT data FROM request_bodies WHERE tenant_id = :tenant"
            + " ORDER BY tenant_id DESC, request_id DESC LIMIT 1");
    private static final NamedSql COUNT = NamedSql.of(
            "SELECT COUNT(*) AS number FROM request_bodies" + " WHERE :all OR SUBSTRING(data FROM 1 FOR 8) <> :id");
    private static final NamedSql OWNER = NamedSql.of("SELECT slug FROM tenants WHERE id = :id");
    private static final NamedSql DELETE =
            NamedSql.of("DELETE FROM request_bodies WHERE :all OR SUBSTRING(data FROM 1 FOR 8) <> :id");

    private final Sql sql;
    private final JdbcProviderStore providers;

    SealedValues(Sql sql) {
        this.sql = sql;
        this.providers = new JdbcProviderStore(sql);
    }

    /**
     * What was given up, or would be.
     *
     * @param providers those whose credentials, or logins at proxies, they are: {@code TENANT/NAME}, of shared ones the name
     * @param bodies of how many requests
     */
    public record Forgotten(List<String> providers, long bodies) {}

    /**
     * All credentials and logins, and of each tenant's bodies of requests the oldest and the newest: a key that is changed is
     * changed for all that comes after.
     */
    public <T> T read(BiFunction<List<Credential.Sealed>, List<byte[]>, T> reader) {
        return reader.apply(providers.sealed(), bodies());
    }

    private List<byte[]> bodies() {
        List<byte[]> samples = new ArrayList<>();
        Optional<UUID> tenant = JdbcTranscriptStore.owner(sql, new UUID(0, 0));
        while (tenant.isPresent()) {
            Params params = Params.of("tenant", tenant.get());
            for (NamedSql end : List.of(OLDEST, NEWEST)) {
                sql.first(LOOKING, end, params, row -> row.bytes("data")).ifPresent(samples::add);
            }
            tenant = JdbcTranscriptStore.owner(sql, tenant.get());
        }
        return samples;
    }

    /** What {@link #forget} would give up. */
    public Forgotten lost(Predicate<Credential.Sealed> lost, @Nullable String key) {
        return new Forgotten(
                names(affected(lost)),
                sql.list(LOOKING, COUNT, others(key), row -> row.number("number"))
                        .getFirst());
    }

    /**
     * Takes what cannot be opened any more out of the database, all of it or nothing: providers are left without those
     * credentials, requests without their bodies.
     *
     * @param lost whether a credential cannot be opened
     * @param key the id of the key that opens the bodies that stay; null: none does
     */
    public Forgotten forget(Predicate<Credential.Sealed> lost, @Nullable String key) {
        return sql.transactions().inTransaction(() -> {
            List<ProviderAccount> affected = affected(lost);
            affected.forEach(p -> providers.update(without(p, lost)));
            return new Forgotten(names(affected), sql.update(FORGETTING, DELETE, others(key)));
        });
    }

    private List<String> names(List<ProviderAccount> accounts) {
        return accounts.stream()
                .map(account -> owner(account).map(slug -> slug + "/").orElse("") + account.name())
                .sorted()
                .toList();
    }

    private Optional<String> owner(ProviderAccount account) {
        return Optional.ofNullable(account.tenantId())
                .flatMap(id -> sql.first(LOOKING, OWNER, Params.of("id", id), row -> row.text("slug")));
    }

    private static Params others(@Nullable String key) {
        return Params.of("all", key == null).and("id", (key == null ? "" : key).getBytes(StandardCharsets.US_ASCII));
    }

    private List<ProviderAccount> affected(Predicate<Credential.Sealed> lost) {
        return providers.withSealed().stream()
                .filter(p -> JdbcProviderStore.each(p)
                        .anyMatch(c -> c instanceof Credential.Sealed sealed && lost.test(sealed)))
                .toList();
    }

    private static ProviderAccount without(ProviderAccount account, Predicate<Credential.Sealed> lost) {
        List<Credential.Named> kept = account.credential().each().stream()
                .filter(c -> !(c.credential() instanceof Credential.Sealed sealed && lost.test(sealed)))
                .toList();
        ProviderEgress egress = account.egress();
        ProviderEgress.Proxy proxy = egress.proxy();
        Credential.Sealed login = proxy == null ? null : proxy.login();
        if (proxy != null && login != null && lost.test(login)) {
            egress = new ProviderEgress(
                    egress.caFile(),
                    egress.clientCertificateFile(),
                    egress.clientKeyFile(),
                    new ProviderEgress.Proxy(proxy.host(), proxy.port(), null));
        }
        return account.holding(Credential.of(kept)).by(egress);
    }
}
