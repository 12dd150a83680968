package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.port.UsageFormat;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Searches the blocks of the ledger by their summaries, the newest first, and opens those that may hold what is looked for. Blocks
 * come by the time of their latest record; requests of one block by their place in it.
 */
final class JdbcRequestSearch implements RequestSearch {
    private static final String DOING = "searching the ledger";
    private static final int AT_ONCE = 512;
    /** A page that finds little ends after so many summaries, or so many blocks opened. */
    private static final int SUMMARIES_OF_A_PAGE = 64 * AT_ONCE;

    private static final int BLOCKS_OF_A_PAGE = 64;
    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");
    private static final NamedSql SPAN = NamedSql.of("SELECT span_micros FROM usage_head WHERE id = 1");
    static final NamedSql BLOCK = NamedSql.of("SELECT * FROM usage_blocks WHERE seq = :seq");

    private final Sql sql;
    private final UsageBlocks blocks;
    private final SummaryCompletion completion;

    JdbcRequestSearch(Sql sql, UsageFormat format) {
        this.sql = sql;
        this.completion = new SummaryCompletion(sql);
        this.blocks = new UsageBlocks(sql, format);
    }

    /** A row of the table; not a record, which would compare the array by its identity. */
    private static final class Summary {
        private final long seq;
        private final Instant lastAt;
        private final byte @Nullable [] traits;

        private Summary(Row row) throws SQLException {
            this.seq = row.number("seq");
            this.lastAt = row.time("last_at");
            this.traits = row.bytesOrNull("traits");
        }
    }

    /**
     * How far a search has come.
     *
     * @param lastAt and {@code seq} of the block
     * @param index in that block, of the record that was given last; 0: all of it was looked at
     */
    private record Position(Instant lastAt, long seq, int index) {
        private static final Position START = new Position(LATEST, Long.MAX_VALUE, 0);

        private String text() {
            return ChronoUnit.MICROS.between(Instant.EPOCH, lastAt) + "." + seq + "." + index;
        }

        private static Position parse(@Nullable String text) {
            if (text == null) {
                return START;
            }
            try {
                String[] parts = text.split("\\.", -1);
                Instant lastAt = Instant.EPOCH.plus(Long.parseLong(parts[0]), ChronoUnit.MICROS);
                if (lastAt.isAfter(LATEST) || lastAt.isBefore(EARLIEST)) {
                    throw new DateTimeException("a time that no block has");
                }
                return new Position(lastAt, Long.parseLong(parts[1]), Integer.parseInt(parts[2]));
            } catch (NumberFormatException
                    | ArrayIndexOutOfBoundsException
                    | DateTimeException
                    | ArithmeticException e) {
                throw new InvalidValueException("cursor", "is none that this list gave out");
            }
        }
    }

    @Override
    public Page<UsageRecord> search(RequestQuery query, Page.Request request) {
        Position at = Position.parse(request.after());
        completion.run();
        List<UsageRecord> found = new ArrayList<>();
        int opened = 0;
        for (int seen = 0; seen < SUMMARIES_OF_A_PAGE && opened < BLOCKS_OF_A_PAGE; seen += AT_ONCE) {
            List<Summary> some = summaries(query, at);
            for (Summary summary : some) {
                int from = summary.seq == at.seq && at.index > 0 ? at.index : Integer.MAX_VALUE;
                at = new Position(summary.lastAt, summary.seq, 0);
                if (query.may(summary.traits)) {
                    opened++;
                    int index = take(summary, query, from, request.limit() - found.size(), found);
                    at = new Position(summary.lastAt, summary.seq, index);
                }
                if (found.size() == request.limit() || opened == BLOCKS_OF_A_PAGE) {
                    return new Page<>(found, at.text());
                }
            }
            if (some.size() < AT_ONCE) {
                return new Page<>(found, null);
            }
        }
        return new Page<>(found, at.text());
    }

    private List<Summary> summaries(RequestQuery query, Position at) {
        return sql.list(DOING, page(query, at.index > 0), params(query, at.lastAt, at.seq), Summary::new);
    }

    /** @param again whether the block where the last page ended comes again, since it was not read to its end */
    static NamedSql page(RequestQuery query, boolean again) {
        List<String> conditions = new ArrayList<>();
        conditions.add("last_at <= :last_at AND (last_at < :last_at OR seq " + (again ? "<=" : "<") + " :seq)");
        if (query.tenantId() != null) {
            conditions.add("tenant_id = :tenant");
        }
        if (query.from() != null) {
            conditions.add("last_at >= :from");
        }
        if (query.to() != null) {
            conditions.add("first_at <= :to AND last_at <= :latest");
        }
        // with the tenant in front the order is the index's, which H2 does not see otherwise, and would sort
        String order = (query.tenantId() == null ? "" : "tenant_id, ") + "last_at DESC, seq DESC";
        return NamedSql.of("SELECT seq, last_at, traits FROM usage_summaries WHERE " + String.join(" AND ", conditions)
                + " ORDER BY " + order + " LIMIT " + AT_ONCE);
    }

    Params params(RequestQuery query, Instant lastAt, long seq) {
        return Params.of("last_at", lastAt)
                .and("seq", seq)
                .and("tenant", query.tenantId())
                .and("from", query.from())
                .and("to", query.to())
                .and("latest", query.to() == null ? null : latest(query.to()));
    }

    /** No block that begins before that time ends later. */
    private Instant latest(Instant to) {
        long span = sql.first(DOING, SPAN, Params.none(), row -> row.number("span_micros"))
                .orElseThrow();
        return to.plus(span + 1, ChronoUnit.MICROS);
    }

    /** The index of the last record taken, where more of them may match; 0: there are none. */
    private int take(Summary summary, RequestQuery query, int before, int room, List<UsageRecord> found) {
        List<UsageBlocks.Block> block = sql.list(DOING, BLOCK, Params.of("seq", summary.seq), UsageBlocks.Block::new);
        if (block.isEmpty()) {
            return 0; // purged meanwhile
        }
        UsageFormat.Records records = blocks.open(block.getFirst());
        List<UsageRecord> matching = new ArrayList<>();
        List<Integer> indices = new ArrayList<>();
        int index = 0;
        for (UsageRecord r = records.next(); r != null && index < before; r = records.next()) {
            UsageRecord clean = UsageTexts.clean(r);
            if (query.matches(clean)) {
                matching.add(clean);
                indices.add(index);
            }
            index++;
        }
        int from = Math.max(0, matching.size() - room);
        found.addAll(matching.subList(from, matching.size()).reversed());
        return from == 0 ? 0 : indices.get(from);
    }
}
