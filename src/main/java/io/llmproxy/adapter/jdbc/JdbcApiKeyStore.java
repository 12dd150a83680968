package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.KeyCertificates;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.port.ApiKeyStore;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** API keys in the database. */
final class JdbcApiKeyStore implements ApiKeyStore {
    /** What a change of a key sets; the last use is noted by {@link #touch} alone, so that no change sets it back. */
    private static final List<String> CHANGED = List.of(
            "tenant_id",
            "user_id",
            "name",
            "hash",
            "prefix",
            "previous_hash",
            "previous_until",
            "models",
            "providers",
            "cidrs",
            "passthrough",
            "labels",
            "max_requests",
            "certificates",
            "certificate_only",
            "expires_at",
            "revoked_at",
            "cut_running",
            "created_at",
            "updated_at");

    private static final NamedSql INSERT = NamedSql.insert("api_keys", all());
    private static final NamedSql UPDATE = NamedSql.update("api_keys", CHANGED);
    private static final NamedSql DELETE = NamedSql.of("DELETE FROM api_keys WHERE id = :id");
    private static final NamedSql BY_NAME =
            NamedSql.of("SELECT * FROM api_keys WHERE tenant_id = :tenant AND name = :name");
    private static final NamedSql BY_ID = NamedSql.of("SELECT * FROM api_keys WHERE tenant_id = :tenant AND id = :id");
    private static final NamedSql BY_PREFIX =
            NamedSql.of("SELECT * FROM api_keys WHERE tenant_id = :tenant AND prefix = :prefix");
    private static final NamedSql COUNT_LIVE =
            NamedSql.of("SELECT COUNT(*) AS n FROM api_keys WHERE tenant_id = :tenant AND revoked_at IS NULL");
    private static final NamedSql CERTIFICATE_ONLY =
            NamedSql.of("SELECT * FROM api_keys WHERE certificate_only AND revoked_at IS NULL ORDER BY id");
    private static final NamedSql TOUCH = NamedSql.of("UPDATE api_keys SET last_used_at = :used"
            + " WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :used)");

    private final Sql sql;
    private final String name;

    JdbcApiKeyStore(Sql sql) {
        this.sql = sql;
        this.name = sql.dialect().bytewise("name");
    }

    private static List<String> all() {
        List<String> columns = new ArrayList<>(List.of("id", "last_used_at"));
        columns.addAll(CHANGED);
        return columns;
    }

    @Override
    public void insert(ApiKey key) {
        sql.update("adding a key", INSERT, params(key).and("last_used_at", key.lastUsedAt()));
    }

    @Override
    public void update(ApiKey key) {
        sql.update("changing a key", UPDATE, params(key));
    }

    @Override
    public void delete(UUID id) {
        sql.update("deleting a key", DELETE, Params.of("id", id));
    }

    @Override
    public Optional<ApiKey> find(UUID tenantId, String nameOrId) {
        return only(BY_NAME, tenantId, "name", nameOrId)
                .or(() -> Ids.isUuid(nameOrId)
                        ? only(BY_ID, tenantId, "id", UUID.fromString(nameOrId))
                        : Optional.empty())
                .or(() -> nameOrId.length() == ApiKey.PREFIX_LENGTH
                        ? only(BY_PREFIX, tenantId, "prefix", nameOrId)
                        : Optional.empty());
    }

    /** Nothing where several match: a prefix that two keys share names neither. */
    private Optional<ApiKey> only(NamedSql by, UUID tenantId, String column, Object value) {
        Params params = Params.of("tenant", tenantId).and(column, value);
        List<ApiKey> found = sql.list("finding a key", by, params, JdbcApiKeyStore::key);
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }

    @Override
    public int countLive(UUID tenantId) {
        return sql.first("counting keys", COUNT_LIVE, Params.of("tenant", tenantId), row -> row.integer("n"))
                .orElse(0);
    }

    @Override
    public List<ApiKey> all(UUID tenantId, @Nullable UUID userId) {
        Params params = Params.of("tenant", tenantId).and("user", userId);
        NamedSql all = NamedSql.of(ofTenant(userId) + " ORDER BY " + name);
        return sql.list("reading keys", all, params, JdbcApiKeyStore::key);
    }

    @Override
    public List<ApiKey> certificateOnly() {
        return sql.list("reading the keys of certificates", CERTIFICATE_ONLY, Params.none(), JdbcApiKeyStore::key);
    }

    @Override
    public Page<ApiKey> list(UUID tenantId, @Nullable UUID userId, Page.Request request) {
        Params params = Params.of("tenant", tenantId)
                .and("user", userId)
                .and("after", request.after() == null ? "" : request.after())
                .and("rows", request.limit() + 1);
        NamedSql page = NamedSql.of(ofTenant(userId) + " AND " + name + " > :after ORDER BY " + name + " LIMIT :rows");
        return Pages.of(sql.list("listing keys", page, params, JdbcApiKeyStore::key), request.limit(), ApiKey::name);
    }

    private static String ofTenant(@Nullable UUID userId) {
        return "SELECT * FROM api_keys WHERE tenant_id = :tenant" + (userId == null ? "" : " AND user_id = :user");
    }

    @Override
    public void touch(Map<UUID, Instant> lastUses) {
        if (lastUses.isEmpty()) {
            return;
        }
        // in one order, so that two processes that note the same keys do not wait for each other in a circle
        List<Params> rows = new TreeMap<>(lastUses)
                .entrySet().stream()
                        .map(e -> Params.of("id", e.getKey()).and("used", e.getValue()))
                        .toList();
        sql.updateAll("noting when keys were last used", TOUCH, rows);
    }

    private static Params params(ApiKey key) {
        KeyScope scope = key.scope();
        return Params.of("id", key.id())
                .and("tenant_id", key.tenantId())
                .and("user_id", key.userId())
                .and("name", key.name())
                .and("hash", key.hash())
                .and("prefix", key.prefix())
                .and("previous_hash", key.previousHash())
                .and("previous_until", key.previousUntil())
                .and("models", scope.models())
                .and("providers", new TreeSet<>(scope.providers()))
                .and("cidrs", scope.cidrs())
                .and("passthrough", scope.passthrough())
                .and("labels", scope.labels())
                .and("max_requests", scope.maxRequests())
                .and("certificates", scope.certificates().names())
                .and("certificate_only", scope.certificates().alone())
                .and("expires_at", key.expiresAt())
                .and("revoked_at", key.revokedAt())
                .and("cut_running", key.cutRunning())
                .and("created_at", key.createdAt())
                .and("updated_at", key.updatedAt());
    }

    static ApiKey key(Row row) throws SQLException {
        return new ApiKey(
                row.uuid("id"),
                row.uuid("tenant_id"),
                row.uuidOrNull("user_id"),
                row.text("name"),
                row.hash("hash"),
                row.text("prefix"),
                row.hashOrNull("previous_hash"),
                row.timeOrNull("previous_until"),
                scope(row),
                row.timeOrNull("expires_at"),
                row.timeOrNull("revoked_at"),
                row.flag("cut_running"),
                row.timeOrNull("last_used_at"),
                row.time("created_at"),
                row.time("updated_at"));
    }

    private static KeyScope scope(Row row) throws SQLException {
        return new KeyScope(
                row.globs("models"),
                new HashSet<>(row.texts("providers")),
                row.texts("cidrs").stream().map(c -> Cidr.parse("cidrs", c)).toList(),
                row.flag("passthrough"),
                row.map("labels"),
                row.numberOrNull("max_requests"),
                new KeyCertificates(
                        row.texts("certificates").stream()
                                .map(c -> CertificateName.parse("certificates", c))
                                .toList(),
                        row.flag("certificate_only")));
    }
}
