package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.domain.privacy.Redaction;
import io.llmproxy.port.TenantStore;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/** Tenants in the database. */
final class JdbcTenantStore implements TenantStore {
    private static final List<String> COLUMNS = List.of(
            "id",
            "slug",
            "name",
            "status",
            "max_users",
            "max_api_keys",
            "allowed_providers",
            "allowed_models",
            "default_provider",
            "audit_retention_days",
            "usage_retention_days",
            "body_retention_days",
            "max_requests_per_minute",
            "max_requests_per_day",
            "max_tokens_per_day",
            "max_output_tokens",
            "time_zone",
            "redact_mode",
            "redact_kinds",
            "redact_patterns",
            "redact_providers",
            "redact_strict",
            "audit_mode",
            "created_at",
            "updated_at");
    private static final NamedSql INSERT = NamedSql.insert("tenants", COLUMNS);
    private static final NamedSql UPDATE = NamedSql.update("tenants", COLUMNS.subList(1, COLUMNS.size()));
    private static final NamedSql DELETE = NamedSql.of("DELETE FROM tenants WHERE id = :id");
    private static final NamedSql FIND = NamedSql.of("SELECT * FROM tenants WHERE slug = :slug");
    private static final NamedSql LOCK = NamedSql.of("SELECT * FROM tenants WHERE slug = :slug FOR UPDATE");

    private final Sql sql;
    private final NamedSql page;

    JdbcTenantStore(Sql sql) {
        this.sql = sql;
        String slug = sql.dialect().bytewise("slug");
        this.page = NamedSql.of("SELECT * FROM tenants WHERE " + slug + " > :after ORDER BY " + slug + " LIMIT :rows");
    }

    @Override
    public void insert(Tenant tenant) {
        sql.update("adding a tenant", INSERT, params(tenant));
    }

    @Override
    public void update(Tenant tenant) {
        sql.update("changing a tenant", UPDATE, params(tenant));
    }

    @Override
    public void delete(UUID id) {
        sql.update("deleting a tenant", DELETE, Params.of("id", id));
    }

    @Override
    public Optional<Tenant> find(String slug) {
        return sql.first("finding a tenant", FIND, Params.of("slug", slug), JdbcTenantStore::tenant);
    }

    @Override
    public Optional<Tenant> lock(String slug) {
        return sql.first("locking a tenant", LOCK, Params.of("slug", slug), JdbcTenantStore::tenant);
    }

    @Override
    public Page<Tenant> list(Page.Request request) {
        String after = request.after() == null ? "" : request.after();
        Params params = Params.of("after", after).and("rows", request.limit() + 1);
        return Pages.of(
                sql.list("listing tenants", page, params, JdbcTenantStore::tenant), request.limit(), Tenant::slug);
    }

    private static Params params(Tenant tenant) {
        TenantSettings settings = tenant.settings();
        return Params.of("id", tenant.id())
                .and("slug", tenant.slug())
                .and("name", tenant.name())
                .and("status", tenant.status())
                .and("max_users", settings.maxUsers())
                .and("max_api_keys", settings.maxApiKeys())
                .and("allowed_providers", new TreeSet<>(settings.allowedProviders()))
                .and("allowed_models", settings.allowedModels())
                .and("default_provider", settings.defaultProvider())
                .and("audit_retention_days", settings.auditRetentionDays())
                .and("usage_retention_days", settings.usageRetentionDays())
                .and("body_retention_days", settings.bodyRetentionDays())
                .and("max_requests_per_minute", settings.limits().maxRequestsPerMinute())
                .and("max_requests_per_day", settings.limits().maxRequestsPerDay())
                .and("max_tokens_per_day", settings.limits().maxTokensPerDay())
                .and("max_output_tokens", settings.limits().maxOutputTokens())
                .and("time_zone", settings.limits().timeZone())
                .and("redact_mode", settings.redaction().mode())
                .and("redact_kinds", kinds(settings.redaction()))
                .and(
                        "redact_patterns",
                        settings.redaction().patterns().stream()
                                .map(CustomPattern::text)
                                .toList())
                .and("redact_providers", new TreeSet<>(settings.redaction().providers()))
                .and("redact_strict", settings.redaction().strict())
                .and("audit_mode", settings.auditMode().word())
                .and("created_at", tenant.createdAt())
                .and("updated_at", tenant.updatedAt());
    }

    private static List<String> kinds(Redaction redaction) {
        return redaction.kinds().stream().map(PrivateKind::word).sorted().toList();
    }

    private static Redaction redaction(Row row) throws SQLException {
        Redaction.Mode mode = row.constant(Redaction.Mode.class, "redact_mode");
        List<String> kinds = row.texts("redact_kinds");
        return new Redaction(
                mode,
                kinds.stream().map(k -> PrivateKind.of("redactKinds", k)).collect(Collectors.toSet()),
                row.texts("redact_patterns").stream().map(CustomPattern::parse).toList(),
                new HashSet<>(row.texts("redact_providers")),
                row.flag("redact_strict"));
    }

    static Tenant tenant(Row row) throws SQLException {
        TenantSettings settings = new TenantSettings(
                row.integerOrNull("max_users"),
                row.integerOrNull("max_api_keys"),
                new HashSet<>(row.texts("allowed_providers")),
                row.globs("allowed_models"),
                row.textOrNull("default_provider"),
                row.integerOrNull("audit_retention_days"),
                row.integerOrNull("usage_retention_days"),
                row.integerOrNull("body_retention_days"),
                new UsageLimits(
                        row.numberOrNull("max_requests_per_minute"),
                        row.numberOrNull("max_requests_per_day"),
                        row.numberOrNull("max_tokens_per_day"),
                        row.integerOrNull("max_output_tokens"),
                        row.textOrNull("time_zone")),
                redaction(row),
                AuditMode.parse(row.text("audit_mode")));
        return new Tenant(
                row.uuid("id"),
                row.text("slug"),
                row.text("name"),
                row.constant(Tenant.Status.class, "status"),
                settings,
                row.time("created_at"),
                row.time("updated_at"));
    }
}
