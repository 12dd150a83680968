package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.port.ContentSealer;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.TranscriptStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * Bodies in a table of their own, whose only index is its key: ids of requests begin with their time, so rows come in the order of
 * the key, and the oldest are found by it.
 */
final class JdbcTranscriptStore implements TranscriptStore {
    private static final int VERSION = 1;
    private static final NamedSql APPEND = NamedSql.of("INSERT INTO request_bodies (tenant_id, request_id, data)"
            + " VALUES (:tenant, :request, :data) ON CONFLICT DO NOTHING");
    static final NamedSql FIND =
            NamedSql.of("SELECT data FROM request_bodies WHERE tenant_id = :tenant AND request_id = :request");
    static final NamedSql PURGE = NamedSql.of("DELETE FROM request_bodies WHERE tenant_id = :tenant"
            + " AND request_id IN (SELECT request_id FROM request_bodies WHERE tenant_id = :tenant"
            + " AND request_id < :before ORDER BY request_id LIMIT :max)");

    private static final NamedSql OWNER = NamedSql.of(
            "SELECT tenant_id FROM request_bodies" + " WHERE tenant_id > :after ORDER BY tenant_id LIMIT 1");
    private static final NamedSql TENANT = NamedSql.of("SELECT id FROM tenants WHERE id = :id");
    private static final UUID LAST = new UUID(Long.MAX_VALUE, -1);

    private final Sql sql;
    private final ContentSealer sealer;

    JdbcTranscriptStore(Sql sql, ContentSealer sealer) {
        this.sql = sql;
        this.sealer = sealer;
    }

    @Override
    public void append(List<Transcript> transcripts) {
        // before the transaction: deflating and sealing take longer than writing
        List<Params> rows = transcripts.stream()
                .map(t -> Params.of("tenant", t.tenantId())
                        .and("request", t.requestId())
                        .and("data", sealer.sealContent(encoded(t), context(t.tenantId(), t.requestId()))))
                .toList();
        if (!rows.isEmpty()) {
            sql.updateAll("writing bodies of requests", APPEND, rows);
        }
    }

    @Override
    public Optional<Transcript> find(UUID tenantId, UUID requestId) {
        Params params = Params.of("tenant", tenantId).and("request", requestId);
        return sql.first("reading bodies of a request", FIND, params, row -> row.bytes("data"))
                .map(data -> opened(tenantId, requestId, data));
    }

    @Override
    public int purge(UUID tenantId, Instant before, int max) {
        UUID bound = new UUID(before.toEpochMilli() << 16, 0);
        Params params = Params.of("tenant", tenantId).and("before", bound).and("max", max);
        return sql.update("purging bodies of requests", PURGE, params);
    }

    /** One look for each tenant: the rows of one lie together. */
    @Override
    public int purgeDeleted(int max) {
        UUID after = new UUID(0, 0);
        while (true) {
            Optional<UUID> owner = owner(sql, after);
            if (owner.isEmpty()) {
                return 0;
            }
            after = owner.get();
            boolean gone = sql.first(
                            "purging bodies of requests", TENANT, Params.of("id", after), row -> row.uuid("id"))
                    .isEmpty();
            if (gone) {
                Params params = Params.of("tenant", after).and("before", LAST).and("max", max);
                return sql.update("purging bodies of requests", PURGE, params);
            }
        }
    }

    /** The tenant with bodies that comes next by its id. */
    static Optional<UUID> owner(Sql sql, UUID after) {
        return sql.first(
                "looking whose bodies there are", OWNER, Params.of("after", after), row -> row.uuid("tenant_id"));
    }

    private static String context(UUID tenantId, UUID requestId) {
        return "body|" + tenantId + "|" + requestId;
    }

    private static byte[] encoded(Transcript t) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
        Deflater fast = new Deflater(Deflater.BEST_SPEED);
        try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes, fast, 8192))) {
            out.writeByte(VERSION);
            out.writeBoolean(t.redacted());
            write(t.request(), out);
            write(t.answer(), out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        } finally {
            fast.end();
        }
        return bytes.toByteArray();
    }

    private static void write(Transcript.Part part, DataOutputStream out) throws IOException {
        byte[] type = Texts.clean(part.contentType(), Texts.LONG).getBytes(StandardCharsets.UTF_8);
        out.writeInt(type.length);
        out.write(type);
        out.writeBoolean(part.cut());
        out.writeInt(part.bytes().length);
        out.write(part.bytes());
    }

    private Transcript opened(UUID tenantId, UUID requestId, byte[] data) {
        try (DataInputStream in = new DataInputStream(new InflaterInputStream(
                new ByteArrayInputStream(sealer.openContent(data, context(tenantId, requestId)))))) {
            if (in.readByte() != VERSION) {
                throw new IllegalStateException("a newer program wrote it");
            }
            return new Transcript(tenantId, requestId, in.readBoolean(), read(in), read(in));
        } catch (IllegalStateException e) {
            throw new StoreException.Broken("those of " + requestId + " cannot be opened: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new StoreException.Broken("those of " + requestId + " are damaged", e);
        }
    }

    private static Transcript.Part read(DataInputStream in) throws IOException {
        String type = new String(exactly(in), StandardCharsets.UTF_8);
        boolean cut = in.readBoolean();
        return new Transcript.Part(type, cut, exactly(in));
    }

    private static byte[] exactly(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }
}
