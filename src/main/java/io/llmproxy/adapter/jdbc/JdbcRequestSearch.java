package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.BlockTraits;
import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.port.UsageFormat;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Searches the blocks of the ledger, the newest first, and opens those that may hold what is looked for: by the index, and what is not in it
 * yet by the summaries of blocks. Blocks come by the time of their latest record, whichever way they are found; requests of one block by
 * their place in it.
 */
final class JdbcRequestSearch implements RequestSearch {
    private static final String DOING = "searching the ledger";
    private static final int AT_ONCE = 512;
    /** A page that finds little ends after so many summaries, or so many blocks opened, or so many records read. */
    private static final int SUMMARIES_OF_A_PAGE = 64 * AT_ONCE;

    private static final int BLOCKS_OF_A_PAGE = 1024;
    private static final int RECORDS_OF_A_PAGE = 64 * UsageBlock.MAX_RECORDS;
    /** Where more is not in the index, since it is made anew, all is found by summaries. */
    private static final int TAIL_SEGMENTS = 8;

    private static final NamedSql SPAN = NamedSql.of("SELECT span_micros FROM usage_head WHERE id = 1");
    static final NamedSql BLOCK = NamedSql.of("SELECT * FROM usage_blocks WHERE seq = :seq");

    private final Sql sql;
    private final UsageBlocks blocks;
    private final SummaryCompletion completion;
    private final IndexLayout layout;
    private final SegmentIndexer indexer;

    JdbcRequestSearch(Sql sql, UsageFormat format) {
        this(sql, format, IndexLayout.USUAL);
    }

    JdbcRequestSearch(Sql sql, UsageFormat format, IndexLayout layout) {
        this.sql = sql;
        this.completion = new SummaryCompletion(sql);
        this.blocks = new UsageBlocks(sql, format);
        this.layout = layout;
        this.indexer = new SegmentIndexer(sql, format, layout);
    }

    @Override
    public boolean index() {
        return indexer.step();
    }

    @Override
    public Page<UsageRecord> search(RequestQuery query, Page.Request request) {
        SearchPosition at = SearchPosition.parse(request.after());
        completion.run();
        List<int[]> terms = query.terms();
        // an id leads to its time, and without terms every block has some
        if (query.requestId() != null || terms.isEmpty()) {
            return bySummaries(query, terms, at, request.limit());
        }
        SegmentIndexer.Head head = indexer.head();
        return head.next() - head.indexed() > (long) TAIL_SEGMENTS * layout.records()
                ? bySummaries(query, terms, at, request.limit())
                : byIndex(query, at, head.indexed(), request.limit());
    }

    private Page<UsageRecord> byIndex(RequestQuery query, SearchPosition from, long indexed, int limit) {
        IndexedBlocks some = new IndexedBlocks(sql, layout, query, from, indexed);
        Reading reading = new Reading(query, from, limit);
        SearchedBlock block = some.next();
        while (block != null) {
            if (reading.take(block)) {
                return reading.page();
            }
            block = some.next();
        }
        return new Page<>(reading.found, null);
    }

    private Page<UsageRecord> bySummaries(RequestQuery query, List<int[]> terms, SearchPosition from, int limit) {
        Reading reading = new Reading(query, from, limit);
        for (int seen = 0; seen < SUMMARIES_OF_A_PAGE; seen += AT_ONCE) {
            SearchPosition at = reading.at;
            List<Passed> some = sql.list(
                    DOING,
                    page(query, at.again()),
                    params(query, at.lastAt(), at.seq()),
                    row -> new Passed(
                            row.time("last_at"), row.number("seq"), BlockTraits.may(row.bytesOrNull("traits"), terms)));
            for (Passed passed : some) {
                if (passed.may && reading.take(new SearchedBlock(passed.lastAt, passed.seq, 0, null))) {
                    return reading.page();
                }
                reading.pass(passed);
            }
            if (some.size() < AT_ONCE) {
                return new Page<>(reading.found, null);
            }
        }
        return reading.page();
    }

    /** A summary, and whether its block may have what is looked for. */
    private record Passed(Instant lastAt, long seq, boolean may) {}

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

    /** One page on its way. */
    private final class Reading {
        private final RequestQuery query;
        private final SearchPosition from;
        private final int limit;
        private final List<UsageRecord> found = new ArrayList<>();
        private SearchPosition at;
        private int opened;
        private int read;

        private Reading(RequestQuery query, SearchPosition from, int limit) {
            this.query = query;
            this.from = from;
            this.at = from;
            this.limit = limit;
        }

        private Page<UsageRecord> page() {
            return new Page<>(found, at.text());
        }

        private void pass(Passed passed) {
            at = new SearchPosition(passed.lastAt, passed.seq, 0);
        }

        /** Takes what matches in the block, the newest first; true: the page ends here. */
        private boolean take(SearchedBlock block) {
            int index = 0;
            List<UsageBlocks.Block> row = sql.list(DOING, BLOCK, Params.of("seq", block.seq()), UsageBlocks.Block::new);
            if (!row.isEmpty()) { // else purged meanwhile
                index = take(block, row.getFirst());
            }
            at = new SearchPosition(block.lastAt(), block.seq(), index);
            opened++;
            return found.size() == limit || opened == BLOCKS_OF_A_PAGE || read >= RECORDS_OF_A_PAGE;
        }

        /** The index of the last record taken, where more of them may match; 0: there are none. */
        private int take(SearchedBlock block, UsageBlocks.Block row) {
            UsageFormat.Records records = blocks.open(row);
            List<UsageRecord> matching = new ArrayList<>();
            List<Integer> indices = new ArrayList<>();
            int end = Math.min(row.records(), from.before(block.seq()));
            int next = 0;
            for (int i = block.next(0); i >= 0 && i < end; i = block.next(next)) {
                records.skip(i - next);
                UsageRecord r = records.next();
                if (r == null) {
                    break;
                }
                UsageRecord clean = UsageTexts.clean(r);
                if (query.matches(clean)) {
                    matching.add(clean);
                    indices.add(i);
                }
                next = i + 1;
                read++;
            }
            int first = Math.max(0, matching.size() - (limit - found.size()));
            found.addAll(matching.subList(first, matching.size()).reversed());
            return first == 0 ? 0 : indices.get(first);
        }
    }
}
