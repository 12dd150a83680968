package io.llmproxy.gateway.scan;

import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds what is in one event only because the gateway asked for usage. The data may stand in several lines, which are joined by
 * line feeds (WHATWG HTML, section 9.2.6); what is cut is cut out of each line for itself, and all other lines stay.
 */
final class UsageCuts {
    /** Bytes that are not to go on. */
    record Cut(int from, int to) {}

    /** A line that holds data: where it begins, where its data stands, and where the next line begins. */
    private record Line(int start, int dataFrom, int dataTo, int next) {}

    private static final byte[] DATA = ascii("data:");
    /** Lines that say nothing without data, so that they go with it. */
    private static final byte[] EVENT = ascii("event");

    private final byte[] bytes;
    private final int from;
    private final int to;
    private final List<Line> lines = new ArrayList<>(1);
    private boolean othersMatter;

    private UsageCuts(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.from = from;
        this.to = to;
    }

    /** In their order. */
    static List<Cut> of(byte[] bytes, int from, int to) {
        UsageCuts cuts = new UsageCuts(bytes, from, to);
        cuts.readLines();
        return cuts.find();
    }

    private void readLines() {
        int start = from;
        while (start < to) {
            int end = ByteSearch.lineEnd(bytes, start, to);
            boolean pair = end + 1 < to && bytes[end] == '\r' && bytes[end + 1] == '\n';
            int next = Math.min(to, end + (pair ? 2 : 1));
            if (begins(start, end, DATA)) {
                int data = start + DATA.length;
                lines.add(new Line(start, data < end && bytes[data] == ' ' ? data + 1 : data, end, next));
            } else {
                othersMatter |= end > start && !begins(start, end, EVENT);
            }
            start = next;
        }
    }

    private boolean begins(int start, int end, byte[] name) {
        return end - start >= name.length && ByteSearch.equal(bytes, start, name);
    }

    private List<Cut> find() {
        if (lines.isEmpty()) {
            return List.of();
        }
        try {
            return lines.size() == 1 ? one(lines.getFirst()) : joined();
        } catch (MalformedException e) {
            return List.of();
        }
    }

    private List<Cut> one(Line line) {
        Chunk chunk = Chunk.read(bytes, line.dataFrom, line.dataTo);
        return chunk.usageAlone ? whole() : chunk.cuts;
    }

    private List<Cut> joined() {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (Line line : lines) {
            data.write(bytes, line.dataFrom, line.dataTo - line.dataFrom);
            data.write('\n');
        }
        Chunk chunk = Chunk.read(data.toByteArray(), 0, data.size());
        return chunk.usageAlone ? whole() : inLines(chunk);
    }

    private List<Cut> inLines(Chunk chunk) {
        List<Cut> cuts = new ArrayList<>();
        int before = 0;
        for (Line line : lines) {
            int length = line.dataTo - line.dataFrom;
            for (Cut cut : chunk.cuts) {
                int cutFrom = Math.clamp(cut.from - before, 0, length);
                int cutTo = Math.clamp(cut.to - before, 0, length);
                if (cutTo > cutFrom) {
                    cuts.add(new Cut(line.dataFrom + cutFrom, line.dataFrom + cutTo));
                }
            }
            before += length + 1;
        }
        return cuts;
    }

    /** All of the event, or, where comments, an id or a retry time stand in it, its data. */
    private List<Cut> whole() {
        return othersMatter
                ? lines.stream().map(line -> new Cut(line.start, line.next)).toList()
                : List.of(new Cut(from, to));
    }

    /**
     * What a chunk has of usage.
     *
     * @param usageAlone whether it is the chunk that is there for nothing else
     * @param cuts the members that say null, each with the comma that goes with it; several where a provider sends it twice
     */
    private record Chunk(boolean usageAlone, List<Cut> cuts) {
        static Chunk read(byte[] json, int start, int end) {
            JsonScanner scanner = new JsonScanner(json, start, end);
            boolean emptyChoices = false;
            boolean usage = false;
            boolean given = false;
            List<Cut> cuts = List.of();
            int keptEnd = -1;
            if (scanner.next() != Token.OBJECT_START) {
                return new Chunk(false, cuts);
            }
            while (scanner.next() == Token.NAME) {
                int nameStart = scanner.start();
                boolean isUsage = scanner.is("usage");
                boolean isChoices = scanner.is("choices");
                Token value = scanner.next();
                int valueStart = scanner.start();
                if (value == Token.OBJECT_START || value == Token.ARRAY_START) {
                    scanner.skipContainer();
                }
                int valueEnd = scanner.end();
                if (isUsage && value == Token.NULL) {
                    // it goes with the comma before it, or, where nothing is left before it, with the one behind it
                    cuts = keptEnd >= 0
                            ? with(cuts, keptEnd, valueEnd)
                            : with(cuts, nameStart, behindComma(json, valueEnd, end));
                    continue;
                }
                keptEnd = valueEnd;
                if (isChoices) {
                    emptyChoices = value == Token.ARRAY_START && skipSpace(json, valueStart + 1, end) == valueEnd - 1;
                } else if (isUsage) {
                    given = true;
                    usage = value == Token.OBJECT_START;
                }
            }
            scanner.next();
            // what says both null and something is the provider's own affair, and stays as it is
            return new Chunk(usage && emptyChoices && cuts.isEmpty(), given ? List.of() : cuts);
        }

        /** Two that touch are one, since they share a comma. */
        private static List<Cut> with(List<Cut> cuts, int from, int to) {
            if (cuts.isEmpty()) {
                return List.of(new Cut(from, to));
            }
            List<Cut> more = new ArrayList<>(cuts);
            Cut last = more.getLast();
            if (from <= last.to) {
                more.set(more.size() - 1, new Cut(last.from, to));
            } else {
                more.add(new Cut(from, to));
            }
            return more;
        }

        /** The object may lack its end; that shows only when it is read on. */
        private static int behindComma(byte[] json, int valueEnd, int end) {
            int at = skipSpace(json, valueEnd, end);
            return at < end && json[at] == ',' ? skipSpace(json, at + 1, end) : valueEnd;
        }

        private static int skipSpace(byte[] json, int from, int end) {
            int i = from;
            while (i < end && (json[i] == ' ' || json[i] == '\t' || json[i] == '\n' || json[i] == '\r')) {
                i++;
            }
            return i;
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
