package io.llmproxy.adapter.jdbc;

import io.llmproxy.port.StateSource;
import io.llmproxy.port.StoreException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The managed state, read from the database in one snapshot. */
final class JdbcStateSource implements StateSource {
    private static final NamedSql REVISION = NamedSql.of("SELECT revision FROM managed_state WHERE id = 1");
    private static final NamedSql CHANGED =
            NamedSql.of("UPDATE managed_state SET revision = revision + 1 WHERE id = 1");
    private static final String OF_TENANT = " IN (SELECT id FROM tenants WHERE slug = :slug)";

    private final Sql sql;

    JdbcStateSource(Sql sql) {
        this.sql = sql;
    }

    @Override
    public long revision() {
        String doing = "reading the revision of the managed state";
        return sql.first(doing, REVISION, Params.none(), row -> row.number("revision"))
                .orElseThrow(() -> new StoreException(doing, new IllegalStateException("its row is gone")));
    }

    @Override
    public void changed() {
        sql.update("raising the revision of the managed state", CHANGED, Params.none());
    }

    @Override
    public ManagedState load(@Nullable String tenantSlug) {
        return sql.transactions().snapshot(() -> read(tenantSlug));
    }

    private ManagedState read(@Nullable String slug) {
        return new ManagedState(
                revision(),
                rows("tenants", "id", "", slug, JdbcTenantStore::tenant),
                rows("users", "tenant_id", "", slug, JdbcUserStore::user),
                rows("api_keys", "tenant_id", "", slug, JdbcApiKeyStore::key),
                rows("providers", "tenant_id", " OR tenant_id IS NULL", slug, JdbcProviderStore::provider),
                rows("prices", "tenant_id", " OR tenant_id IS NULL", slug, JdbcPriceStore::overlay),
                rows("limits", "tenant_id", " OR tenant_id IS NULL", slug, JdbcLimitStore::limit),
                rows("routes", "tenant_id", " OR tenant_id IS NULL", slug, JdbcRouteStore::route));
    }

    private <T> List<T> rows(
            String table, String tenantColumn, String or, @Nullable String slug, Row.Mapper<T> mapper) {
        String where = slug == null ? "" : " WHERE " + tenantColumn + OF_TENANT + or;
        NamedSql all = NamedSql.of("SELECT * FROM " + table + where + " ORDER BY id");
        return sql.list("loading the managed state", all, Params.of("slug", slug), mapper);
    }
}
