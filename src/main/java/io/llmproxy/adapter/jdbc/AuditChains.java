package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.audit.AuditChain;
import io.llmproxy.domain.audit.AuditChain.Head;
import io.llmproxy.domain.audit.AuditChain.Mark;
import io.llmproxy.domain.audit.CanonicalForm;
import io.llmproxy.port.AuditSigner;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The rows of the chains: where each of them stands, and who may append. */
final class AuditChains {
    static final String DOING = "reading the audit log";
    private static final String WRITING = "writing the audit log";
    private static final NamedSql FIND = NamedSql.of("SELECT * FROM audit_chains WHERE id = :id");
    private static final NamedSql HOLD = NamedSql.of("SELECT * FROM audit_chains WHERE id = :id FOR UPDATE");
    private static final NamedSql BEGIN = NamedSql.of("INSERT INTO audit_chains (id, tenant_slug, number, hash,"
            + " purged_number, purged_hash, signed_number) VALUES (:id, :slug, 0, :nothing, 0, :nothing, 0)"
            + " ON CONFLICT DO NOTHING");
    private static final NamedSql MOVE = NamedSql.of("UPDATE audit_chains SET number = :number, hash = :hash,"
            + " unsigned_at = COALESCE(unsigned_at, :at) WHERE id = :id");
    private static final NamedSql SIGNED = NamedSql.of("UPDATE audit_chains SET signed_number = :number,"
            + " unsigned_at = CASE WHEN number = :number THEN NULL ELSE unsigned_at END"
            + " WHERE id = :id AND signed_number < :number");
    private static final NamedSql PURGED =
            NamedSql.of("UPDATE audit_chains SET purged_number = :number, purged_hash = :hash WHERE id = :id");
    private static final NamedSql FORGET =
            NamedSql.of("DELETE FROM audit_heads WHERE chain_id = :id AND number < :number");
    private static final NamedSql HEAD = NamedSql.of("INSERT INTO audit_heads (chain_id, number, mark, hash, at,"
            + " key_id, public_key, signature) VALUES (:id, :number, :mark, :hash, :at, :key_id, :public_key,"
            + " :signature) ON CONFLICT DO NOTHING");

    private final Sql sql;
    private final AuditSigner signer;

    AuditChains(Sql sql, AuditSigner signer) {
        this.sql = sql;
        this.signer = signer;
    }

    Optional<AuditChain> find(UUID id) {
        return sql.first(DOING, FIND, Params.of("id", id), AuditChains::chain);
    }

    /** The chain, made where it is none yet; nobody else appends to it until the transaction ends. */
    AuditChain hold(UUID id, @Nullable String slug) {
        Optional<AuditChain> held = held(id);
        if (held.isEmpty()) {
            sql.update(WRITING, BEGIN, Params.of("id", id).and("slug", slug).and("nothing", AuditChain.NOTHING));
            held = held(id);
        }
        return held.orElseThrow();
    }

    private Optional<AuditChain> held(UUID id) {
        return sql.first(WRITING, HOLD, Params.of("id", id), AuditChains::chain);
    }

    /** The link is the newest now. Called with the chain held. */
    void move(AuditChain.Link link) {
        Params params = Params.of("id", link.chain())
                .and("number", link.number())
                .and("hash", link.hash())
                .and("at", link.event().at());
        sql.update(WRITING, MOVE, params);
    }

    /** What came up to that number is gone; a signature stands for it. Called with the chain held. */
    void purged(UUID id, long number, String hash, Instant at) {
        sql.update(
                "purging the audit log",
                PURGED,
                Params.of("id", id).and("number", number).and("hash", hash));
        sql.update("purging the audit log", FORGET, Params.of("id", id).and("number", number));
        write(signed(id, Mark.CHECKPOINT, number, hash, at));
        sql.update("purging the audit log", SIGNED, Params.of("id", id).and("number", number));
    }

    /** Signs that the chain stood so. */
    Head sign(UUID id, long number, String hash, Instant at) {
        Head head = signed(id, Mark.HEAD, number, hash, at);
        sql.transactions().inTransaction(() -> {
            write(head);
            return sql.update(
                    "signing the audit log", SIGNED, Params.of("id", id).and("number", number));
        });
        return head;
    }

    private Head signed(UUID id, Mark mark, long number, String hash, Instant at) {
        String time = at.truncatedTo(ChronoUnit.MILLIS).toString();
        String text = CanonicalForm.text(CanonicalForm.head(id, mark, number, hash, time, signer.keyId()));
        return new Head(id, mark, number, hash, time, signer.keyId(), signer.publicKey(), signer.sign(text));
    }

    private void write(Head head) {
        Params params = Params.of("id", head.chain())
                .and("number", head.number())
                .and("mark", head.mark())
                .and("hash", head.hash())
                .and("at", head.at())
                .and("key_id", head.keyId())
                .and("public_key", head.publicKey())
                .and("signature", head.signature());
        sql.update("signing the audit log", HEAD, params);
    }

    static AuditChain chain(Row row) throws SQLException {
        return new AuditChain(
                row.uuid("id"),
                row.textOrNull("tenant_slug"),
                row.number("number"),
                row.text("hash"),
                row.number("purged_number"),
                row.text("purged_hash"));
    }

    static Head head(Row row) throws SQLException {
        return new Head(
                row.uuid("chain_id"),
                row.constant(Mark.class, "mark"),
                row.number("number"),
                row.text("hash"),
                row.text("at"),
                row.text("key_id"),
                row.text("public_key"),
                row.text("signature"));
    }

    static List<Head> heads(Sql sql, NamedSql query, Params params) {
        return sql.list(DOING, query, params, AuditChains::head);
    }
}
