package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tells calls one after the other, for a dialect whose streams know no other way, where a provider mixes the pieces of several, as OpenAI's
 * format lets it. The first call goes on as it comes; the next ones wait until its arguments are a whole object, or the answer ends.
 */
public final class WholeCalls implements StreamWriter {
    private static final int MAX_WAITING = 16 * 1024 * 1024;

    private final StreamWriter writer;
    private final TreeMap<Integer, Waiting> waiting = new TreeMap<>();
    private int waitingLength;
    private int open = -1;
    private Arguments arguments = new Arguments();

    /** A call that another one is told before. */
    private record Waiting(StreamEvent.ToolCallStarted start, List<String> pieces) {}

    /** Whether they are a whole object by now, as far as braces tell. */
    private static final class Arguments {
        private int depth;
        private boolean begun;
        private boolean quoted;
        private boolean escaped;

        void add(String piece) {
            for (int i = 0; i < piece.length(); i++) {
                char c = piece.charAt(i);
                if (escaped) {
                    escaped = false;
                } else if (quoted) {
                    escaped = c == '\\';
                    quoted = c != '"';
                } else {
                    quoted = c == '"';
                    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
                    begun |= depth > 0;
                }
            }
        }

        boolean whole() {
            return begun && depth == 0;
        }
    }

    public WholeCalls(StreamWriter writer) {
        this.writer = writer;
    }

    @Override
    public String contentType() {
        return writer.contentType();
    }

    @Override
    public void write(StreamEvent event, JsonOut out) throws UpstreamException {
        switch (event) {
            case StreamEvent.ToolCallStarted start -> start(start, out);
            case StreamEvent.ToolCallArguments piece -> arguments(piece, out);
            case StreamEvent.Finished finished -> {
                release(out, true);
                writer.write(finished, out);
            }
            default -> writer.write(event, out);
        }
    }

    private void start(StreamEvent.ToolCallStarted start, JsonOut out) throws UpstreamException {
        if (open >= 0 && !arguments.whole()) {
            waiting.put(start.index(), new Waiting(start, new ArrayList<>()));
        } else {
            begin(start, out);
        }
    }

    private void begin(StreamEvent.ToolCallStarted start, JsonOut out) throws UpstreamException {
        open = start.index();
        arguments = new Arguments();
        writer.write(start, out);
    }

    private void arguments(StreamEvent.ToolCallArguments piece, JsonOut out) throws UpstreamException {
        Waiting held = waiting.get(piece.index());
        if (held != null) {
            waitingLength += piece.piece().length();
            if (waitingLength > MAX_WAITING) {
                throw Unreadable.because("calls beside each other are longer than " + MAX_WAITING + " characters");
            }
            held.pieces().add(piece.piece());
            return;
        }
        if (piece.index() != open && piece.piece().isBlank()) {
            return; // behind a call that is told, where it says nothing
        }
        if (piece.index() == open) {
            arguments.add(piece.piece());
        }
        writer.write(piece, out);
        release(out, false);
    }

    /** Tells those that wait, up to one that is not whole itself. */
    private void release(JsonOut out, boolean all) throws UpstreamException {
        while (all || arguments.whole()) {
            Map.Entry<Integer, Waiting> next = waiting.pollFirstEntry();
            if (next == null) {
                return;
            }
            begin(next.getValue().start(), out);
            for (String piece : next.getValue().pieces()) {
                arguments.add(piece);
                writer.write(new StreamEvent.ToolCallArguments(next.getKey(), piece), out);
            }
        }
    }

    @Override
    public void end(JsonOut out) throws UpstreamException {
        writer.end(out);
    }
}
