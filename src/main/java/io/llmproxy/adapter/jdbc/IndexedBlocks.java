package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.port.StoreException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The blocks in which the index finds what is looked for, the newest first, together with those that are not indexed yet. Segments are
 * looked at in the order of their latest blocks, and no earlier than one of theirs may come next. Used once, by one thread.
 */
final class IndexedBlocks {
    private static final String DOING = "searching the ledger";
    /** So many segments are looked up by one statement. */
    private static final int AT_ONCE = 32;

    /** Few, so that which of them are of the time is seen here. */
    static final NamedSql SEGMENTS = NamedSql.of("SELECT number, first_at, last_at, opaque FROM usage_segments"
            + " WHERE number < :end AND first_at <= :last_at ORDER BY last_at DESC, number DESC");
    /** Ids that are wanted less than thirty-two are repeated. */
    static final NamedSql PARTS = new NamedSql(
            "SELECT id, coding, data FROM usage_index WHERE id IN ("
                    + IntStream.range(0, AT_ONCE).mapToObj(i -> "?").collect(Collectors.joining(", ")) + ")",
            IntStream.range(0, AT_ONCE).mapToObj(i -> "id" + i).toList());

    private static final String SUMMARIES =
            "SELECT seq, tenant_id, first_at, last_at, traits FROM usage_summaries WHERE ";
    /** What is not in the index; without other conditions, so that no other index is taken for it. */
    static final NamedSql TAIL = NamedSql.of(SUMMARIES + "seq >= :from ORDER BY seq");

    private static final NamedSql ONE = NamedSql.of(SUMMARIES + "seq = :seq");
    private static final BitSet NOTHING = new BitSet();

    private final Sql sql;
    private final IndexLayout layout;
    private final RequestQuery query;
    private final SearchPosition from;
    private final List<int[]> terms;
    private final List<int[]> tenant;
    private final List<Segment> segments;
    private final PriorityQueue<SearchedBlock> queue = new PriorityQueue<>();
    /** Segments before it are in the queue; those before {@link #matched} have had their parts read. */
    private int expanded;

    private int matched;
    private int step = 2;

    private record Segment(long number, Instant firstAt, Instant lastAt, boolean opaque, BitSet records) {
        private static Segment of(Row row) throws SQLException {
            return new Segment(
                    row.number("number"), row.time("first_at"), row.time("last_at"), row.flag("opaque"), new BitSet());
        }
    }

    /**
     * @param from where the page begins
     * @param indexed blocks that begin before it are in the index
     */
    IndexedBlocks(Sql sql, IndexLayout layout, RequestQuery query, SearchPosition from, long indexed) {
        this.sql = sql;
        this.layout = layout;
        this.query = query;
        this.from = from;
        this.terms = query.terms();
        Params some = Params.of("end", layout.segment(indexed)).and("last_at", from.lastAt());
        this.segments = sql.list(DOING, SEGMENTS, some, Segment::of).stream()
                .filter(s -> overlaps(s.firstAt, s.lastAt))
                .toList();
        this.tenant =
                query.tenantId() == null ? List.of() : List.of(new int[] {SegmentBuilder.tenant(query.tenantId())});
        addSummarized(TAIL, Params.of("from", indexed));
    }

    private boolean overlaps(Instant firstAt, Instant lastAt) {
        return (query.from() == null || !lastAt.isBefore(query.from()))
                && (query.to() == null || !firstAt.isAfter(query.to()));
    }

    /** The next one; null: there is none. */
    @Nullable
    SearchedBlock next() {
        try {
            while (expanded < segments.size() && mayBeNext(segments.get(expanded))) {
                if (expanded == matched) {
                    match();
                }
                expand(segments.get(expanded));
                expanded++;
            }
        } catch (IndexOutOfBoundsException e) {
            throw new StoreException("searching the ledger: the bytes of a part of its index are damaged", e);
        }
        return queue.poll();
    }

    private boolean mayBeNext(Segment segment) {
        SearchedBlock first = queue.peek();
        return first == null || !first.lastAt().isAfter(segment.lastAt);
    }

    /** Finds the records of the next segments, more of them each time. */
    private void match() {
        step = Math.min(AT_ONCE, 2 * step);
        List<Segment> some = segments.subList(matched, Math.min(segments.size(), matched + step));
        matched += some.size();
        some.forEach(s -> s.records.set(0, layout.records() + UsageBlock.MAX_RECORDS));
        List<Segment> left = narrow(some, terms);
        narrow(left, tenant);
    }

    /** Keeps of the records those that have one hash of each term; returns the segments that have any. */
    private List<Segment> narrow(List<Segment> some, List<int[]> byTerms) {
        List<Segment> left = some;
        for (int[] term : byTerms) {
            Map<Long, BitSet> having = left.isEmpty() ? Map.of() : having(term, left);
            left.forEach(s -> s.records.and(having.getOrDefault(s.number, NOTHING)));
            left = left.stream().filter(s -> !s.records.isEmpty()).toList();
        }
        return left;
    }

    /** The records that have one of the hashes, by the number of their segment. */
    private Map<Long, BitSet> having(int[] hashes, List<Segment> some) {
        Map<Long, BitSet> found = new HashMap<>();
        for (int hash : hashes) {
            List<Long> ids = some.stream()
                    .map(s -> IndexLayout.id(s.number, IndexLayout.bucket(hash)))
                    .toList();
            for (Part part : parts(ids)) {
                part.read(hash, found.computeIfAbsent(IndexLayout.segmentOf(part.id), n -> new BitSet()));
            }
        }
        return found;
    }

    /** A row of the table; not a record, which would compare the array by its identity. */
    private static final class Part {
        private final long id;
        private final byte[] bytes;

        private Part(Row row) throws SQLException {
            this.id = row.number("id");
            this.bytes = BlockCoding.decode(row.integer("coding"), row.bytes("data"));
        }

        private void read(int hash, BitSet into) {
            VarInt.Reader in = new VarInt.Reader(bytes);
            while (in.more()) {
                int its = in.nextFixed();
                int size = in.next();
                if (its == hash) {
                    RunCode.read(in, size, into);
                    return;
                }
                in.skip(size);
            }
        }
    }

    private List<Part> parts(List<Long> ids) {
        Params params = Params.none();
        for (int i = 0; i < AT_ONCE; i++) {
            params.and("id" + i, ids.get(Math.min(i, ids.size() - 1)));
        }
        return sql.list(DOING, PARTS, params, Part::new);
    }

    /** Adds the blocks of a segment in which records were found, or which may have any. */
    private void expand(Segment segment) {
        if (segment.records.isEmpty() && !segment.opaque) {
            return;
        }
        List<Part> blocks = parts(List.of(IndexLayout.id(segment.number, IndexLayout.BLOCKS)));
        if (blocks.isEmpty()) {
            return; // purged meanwhile
        }
        long base = layout.begin(segment.number);
        SegmentBlocks.read(blocks.getFirst().bytes, entry -> {
            if (entry.opaque()) {
                addSummarized(ONE, Params.of("seq", base + entry.begin()));
            } else if (wanted(entry) && hasRecords(segment, entry)) {
                add(SearchedBlock.indexed(entry, base, segment.records));
            }
        });
    }

    private void addSummarized(NamedSql which, Params params) {
        sql.list(DOING, which, params, row -> SearchedBlock.summarized(row, query, terms))
                .forEach(this::add);
    }

    private void add(SearchedBlock block) {
        if (!block.equals(SearchedBlock.NONE) && from.reaches(block.lastAt(), block.seq())) {
            queue.add(block);
        }
    }

    private boolean wanted(SegmentBlocks.Entry entry) {
        return (query.tenantId() == null || query.tenantId().equals(entry.tenantId()))
                && !query.hidden().contains(entry.tenantId())
                && overlaps(entry.firstAt(), entry.lastAt());
    }

    private static boolean hasRecords(Segment segment, SegmentBlocks.Entry entry) {
        int next = segment.records.nextSetBit(entry.begin());
        return next >= 0 && next < entry.begin() + entry.records();
    }
}
