package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.model.Abilities;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderOptions;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.ProviderStore;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Provider accounts in the database. */
final class JdbcProviderStore implements ProviderStore {
    private static final List<String> COLUMNS = List.of(
            "id",
            "tenant_id",
            "owner",
            "name",
            "kind",
            "base_url",
            "credential_kind",
            "credential",
            "models",
            "priority",
            "weight",
            "headers",
            "api_version",
            "connect_nanos",
            "first_byte_nanos",
            "idle_nanos",
            "total_nanos",
            "ca_file",
            "client_certificate_file",
            "client_key_file",
            "proxy_host",
            "proxy_port",
            "proxy_login",
            "stream_usage",
            "abilities",
            "private_allowed",
            "enabled",
            "created_at",
            "updated_at",
            "options");
    private static final NamedSql SEALED = NamedSql.of(
            "SELECT * FROM providers WHERE credential_kind IN ('SEALED', 'SEVERAL') OR proxy_login IS NOT NULL"
                    + " ORDER BY id");

    private final Sql sql;
    private final OwnedTable<ProviderAccount> table;

    JdbcProviderStore(Sql sql) {
        this.sql = sql;
        this.table = new OwnedTable<>(
                sql,
                "provider",
                COLUMNS,
                JdbcProviderStore::provider,
                JdbcProviderStore::params,
                r -> OwnedTable.place(r.name(), r.shared()));
    }

    @Override
    public void insert(ProviderAccount provider) {
        table.insert(provider);
    }

    @Override
    public void update(ProviderAccount provider) {
        table.update(provider);
    }

    @Override
    public void delete(UUID id) {
        table.delete(id);
    }

    @Override
    public Optional<ProviderAccount> find(@Nullable UUID tenantId, String nameOrId) {
        return table.find(tenantId, nameOrId);
    }

    @Override
    public Page<ProviderAccount> list(@Nullable UUID tenantId, boolean withShared, Page.Request request) {
        return table.list(tenantId, withShared, request);
    }

    /** Every sealed value of every tenant's accounts: credentials, and logins of proxies. */
    List<Credential.Sealed> sealed() {
        return withSealed().stream()
                .flatMap(JdbcProviderStore::each)
                .filter(Credential.Sealed.class::isInstance)
                .map(Credential.Sealed.class::cast)
                .toList();
    }

    /** Those that may have something sealed. */
    List<ProviderAccount> withSealed() {
        return sql.list("reading sealed credentials", SEALED, Params.none(), JdbcProviderStore::provider);
    }

    static Stream<Credential> each(ProviderAccount account) {
        ProviderEgress.Proxy proxy = account.egress().proxy();
        Credential.Sealed login = proxy == null ? null : proxy.login();
        return Stream.concat(
                account.credential().each().stream().map(Credential.Named::credential), Stream.ofNullable(login));
    }

    private static Params params(ProviderAccount provider) {
        Params params = Params.of("id", provider.id())
                .and("tenant_id", provider.tenantId())
                .and("owner", OwnedTable.owner(provider.tenantId()))
                .and("name", provider.name())
                .and("kind", provider.kind())
                .and("base_url", provider.baseUrl().toString())
                .and("models", provider.models())
                .and("priority", provider.priority())
                .and("weight", provider.weight())
                .and("headers", provider.headers())
                .and("api_version", provider.apiVersion())
                .and("stream_usage", provider.streamUsage())
                .and("abilities", provider.abilities().texts())
                .and("private_allowed", provider.privateAllowed())
                .and("enabled", provider.enabled())
                .and("created_at", provider.createdAt())
                .and("updated_at", provider.updatedAt())
                .and("options", provider.options().values());
        timeouts(params, provider.timeouts());
        credential(params, provider.credential());
        egress(params, provider.egress());
        return params;
    }

    private static void timeouts(Params params, ProviderTimeouts timeouts) {
        Duration total = timeouts.total();
        params.and("connect_nanos", timeouts.connect().toNanos())
                .and("first_byte_nanos", timeouts.firstByte().toNanos())
                .and("idle_nanos", timeouts.idle().toNanos())
                .and("total_nanos", total == null ? null : total.toNanos());
    }

    private static void egress(Params params, ProviderEgress egress) {
        ProviderEgress.Proxy proxy = egress.proxy();
        Credential.Sealed login = proxy == null ? null : proxy.login();
        params.and("ca_file", path(egress.caFile()))
                .and("client_certificate_file", path(egress.clientCertificateFile()))
                .and("client_key_file", path(egress.clientKeyFile()))
                .and("proxy_host", proxy == null ? null : proxy.host())
                .and("proxy_port", proxy == null ? null : proxy.port())
                .and("proxy_login", login == null ? null : login.envelope());
    }

    private static @Nullable String path(@Nullable SecretRef file) {
        return file == null ? null : file.name();
    }

    private static void credential(Params params, Credential credential) {
        switch (credential) {
            case Credential.None() -> params.and("credential_kind", "NONE").and("credential", null);
            case Credential.Referenced(SecretRef ref) ->
                params.and("credential_kind", "REFERENCED").and("credential", ref.toString());
            case Credential.Sealed(String envelope) ->
                params.and("credential_kind", "SEALED").and("credential", envelope);
            case Credential.Several(List<Credential.Named> all) ->
                params.and("credential_kind", "SEVERAL").and("credential", texts(all));
        }
    }

    /** Of each its name, its form and what it is. */
    private static List<String> texts(List<Credential.Named> all) {
        return all.stream()
                .flatMap(named -> switch (named.credential()) {
                    case Credential.Referenced(SecretRef ref) -> Stream.of(named.name(), "REFERENCED", ref.toString());
                    case Credential.Sealed(String envelope) -> Stream.of(named.name(), "SEALED", envelope);
                    case Credential.None _, Credential.Several _ ->
                        throw new IllegalArgumentException("not one of several credentials");
                })
                .toList();
    }

    private static Credential several(List<String> texts) {
        List<Credential.Named> all = new ArrayList<>();
        for (int i = 0; i < texts.size(); i += 3) {
            String what = texts.get(i + 2);
            all.add(new Credential.Named(
                    texts.get(i),
                    switch (texts.get(i + 1)) {
                        case "REFERENCED" -> new Credential.Referenced(SecretRef.parse(what));
                        case "SEALED" -> new Credential.Sealed(what);
                        default -> throw new IllegalArgumentException("an unknown kind of credential");
                    }));
        }
        return new Credential.Several(all);
    }

    static ProviderAccount provider(Row row) throws SQLException {
        return new ProviderAccount(
                row.uuid("id"),
                row.uuidOrNull("tenant_id"),
                row.text("name"),
                row.constant(ProviderKind.class, "kind"),
                URI.create(row.text("base_url")),
                credential(row),
                row.globs("models"),
                row.integer("priority"),
                row.integer("weight"),
                row.map("headers"),
                row.textOrNull("api_version"),
                timeouts(row),
                egress(row),
                row.constant(StreamUsage.class, "stream_usage"),
                new Abilities(row.map("abilities")),
                row.flag("private_allowed"),
                row.flag("enabled"),
                row.time("created_at"),
                row.time("updated_at"),
                new ProviderOptions(row.map("options")));
    }

    private static Credential credential(Row row) throws SQLException {
        return switch (row.text("credential_kind")) {
            case "NONE" -> new Credential.None();
            case "REFERENCED" -> new Credential.Referenced(SecretRef.parse(row.text("credential")));
            case "SEALED" -> new Credential.Sealed(row.text("credential"));
            case "SEVERAL" -> several(row.texts("credential"));
            default -> throw new IllegalArgumentException("an unknown kind of credential");
        };
    }

    private static ProviderEgress egress(Row row) throws SQLException {
        return new ProviderEgress(
                file(row, "ca_file"), file(row, "client_certificate_file"), file(row, "client_key_file"), proxy(row));
    }

    private static @Nullable SecretRef file(Row row, String column) throws SQLException {
        String path = row.textOrNull(column);
        return path == null ? null : new SecretRef(SecretRef.Kind.FILE, path);
    }

    private static ProviderEgress.@Nullable Proxy proxy(Row row) throws SQLException {
        String host = row.textOrNull("proxy_host");
        if (host == null) {
            return null;
        }
        String login = row.textOrNull("proxy_login");
        return new ProviderEgress.Proxy(
                host, row.integer("proxy_port"), login == null ? null : new Credential.Sealed(login));
    }

    private static ProviderTimeouts timeouts(Row row) throws SQLException {
        Long total = row.numberOrNull("total_nanos");
        return new ProviderTimeouts(
                Duration.ofNanos(row.number("connect_nanos")),
                Duration.ofNanos(row.number("first_byte_nanos")),
                Duration.ofNanos(row.number("idle_nanos")),
                total == null ? null : Duration.ofNanos(total));
    }
}
