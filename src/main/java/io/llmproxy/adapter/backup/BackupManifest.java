package io.llmproxy.adapter.backup;

import io.llmproxy.port.TableLayout;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a backup says of itself, in its last member.
 *
 * @param format of the file; this program reads {@link #FORMAT} alone
 * @param createdAt the moment after which nothing is in it
 * @param program what wrote it
 * @param schema the version of the tables
 * @param database h2 or postgresql
 * @param tenant the one that the process serves; {@code *}: all
 * @param reason manual, scheduled or before-migration
 * @param masterKeyId of the key under which values in it are sealed; null: nobody knows
 * @param masterKey whether that key is in it
 * @param ledger whether usage is in it
 */
public record BackupManifest(
        int format,
        Instant createdAt,
        String program,
        String schema,
        String database,
        String tenant,
        String reason,
        @Nullable String masterKeyId,
        boolean masterKey,
        boolean ledger,
        List<Table> tables,
        List<Member> members) {
    public static final int FORMAT = 1;

    public BackupManifest {
        tables = List.copyOf(tables);
        members = List.copyOf(members);
    }

    /**
     * A table.
     *
     * @param rows how many
     * @param digest the sum of the rows' hashes, whatever their order
     * @param sums of its columns that are numbers, modulo 2^64
     */
    public record Table(
            String name, List<TableLayout.Column> columns, long rows, String digest, Map<String, Long> sums) {
        public Table {
            columns = List.copyOf(columns);
            sums = Map.copyOf(sums);
        }

        TableLayout layout() {
            return new TableLayout(name, columns);
        }
    }

    /**
     * A file in the archive.
     *
     * @param sha256 of its bytes, in hexadecimal
     */
    public record Member(String name, long bytes, String sha256) {}

    /** What is known before the copy is made. */
    public record Origin(
            Instant createdAt,
            String program,
            String schema,
            String database,
            String tenant,
            String reason,
            @Nullable String masterKeyId,
            boolean masterKey,
            boolean ledger) {}

    static BackupManifest of(Origin o, List<Table> tables, List<Member> members) {
        return new BackupManifest(
                FORMAT,
                o.createdAt(),
                o.program(),
                o.schema(),
                o.database(),
                o.tenant(),
                o.reason(),
                o.masterKeyId(),
                o.masterKey(),
                o.ledger(),
                tables,
                members);
    }

    public Optional<Table> table(String name) {
        return tables.stream().filter(t -> t.name().equals(name)).findFirst();
    }

    /** Of all tables. */
    public long rows() {
        return tables.stream().mapToLong(Table::rows).sum();
    }

    /** Requests in the ledger, by its sums. */
    public long requests() {
        return table("usage_rollups")
                .map(t -> t.sums().getOrDefault("requests", 0L))
                .orElse(0L);
    }
}
