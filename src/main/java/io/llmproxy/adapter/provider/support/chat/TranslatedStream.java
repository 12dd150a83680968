package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.gateway.scan.SseReader;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A provider's stream in the client's dialect. A read waits for the provider only while nothing is at hand; what came before a
 * fault is delivered before the fault is.
 */
final class TranslatedStream extends InputStream implements SseReader.Listener {
    private static final int MAX_EVENT = 16 * 1024 * 1024;
    private static final int PIECE = 8 * 1024;

    private final InputStream provider;
    private final StreamReader reader;
    private final StreamWriter writer;
    private final String model;
    private final StreamFormat.Splitter events;
    private final Data data = new Data();
    private final JsonOut out = new JsonOut();
    private final Consumer<StreamEvent> translated = this::write;
    private final byte[] piece = new byte[PIECE];
    /** How much of what is written was read. */
    private int at;

    private boolean complete;
    private boolean ended;
    private @Nullable UpstreamException failure;

    /** An event's data, readable without a copy. */
    private static final class Data extends ByteArrayOutputStream {
        byte[] bytes() {
            return buf;
        }

        boolean isDone() {
            return count == 6 && buf[0] == '[' && buf[1] == 'D' && buf[2] == 'O' && buf[3] == 'N' && buf[4] == 'E';
        }
    }

    /** @param model that was asked for */
    TranslatedStream(
            InputStream provider, StreamFormat format, StreamReader reader, String model, StreamWriter writer) {
        this.provider = provider;
        this.model = model;
        this.events = format.splitter(this);
        this.reader = reader;
        this.writer = writer;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (at == out.size()) {
            if (failure != null) {
                throw failure;
            }
            if (ended) {
                return -1;
            }
            pull();
        }
        int n = out.copy(at, bytes, offset, length);
        at += n;
        return n;
    }

    /** All that is written was read. */
    private void pull() throws IOException {
        out.backTo(0);
        at = 0;
        int n = provider.read(piece, 0, piece.length);
        try {
            if (n >= 0) {
                events.feed(piece, 0, n);
            } else {
                ended = true;
                events.end();
                providerEnded();
            }
        } catch (UpstreamException e) {
            failure = failure == null ? e : failure;
        }
    }

    private void providerEnded() {
        if (complete || failure != null) {
            return;
        }
        if (reader.mayEnd()) {
            completed();
        } else {
            failure = new UpstreamException(Kind.TRUNCATED, "the stream ended before the answer was complete", null);
        }
    }

    private void completed() {
        complete = true;
        int before = out.size();
        try {
            writer.end(out);
        } catch (UpstreamException e) {
            out.backTo(before); // no half event
            failure = e;
        }
    }

    @Override
    public void data(byte[] in, int from, int length) {
        if (data.size() + length <= MAX_EVENT) {
            data.write(in, from, length);
        } else if (failure == null) {
            failure = Unreadable.because("an event is larger than " + MAX_EVENT + " bytes");
        }
    }

    @Override
    public void eventEnd(int next) {
        if (data.size() > 0 && !complete && failure == null) {
            event();
        }
        data.reset();
    }

    private void event() {
        if (data.isDone()) {
            completed();
            return;
        }
        try {
            JsonNode event = Json.parse(data.bytes(), data.size());
            if (!event.isObject()) {
                throw Unreadable.because("an event is no JSON object");
            }
            if (reader.read(event, translated) && failure == null) {
                completed();
            }
        } catch (UpstreamException e) {
            failure = failure == null ? e : failure;
        }
    }

    /** Some providers do not say which model answers: then it is the one that was asked. */
    private StreamEvent named(StreamEvent.Started started) {
        return started.model().isEmpty() ? new StreamEvent.Started(started.id(), model, started.usage()) : started;
    }

    private void write(StreamEvent event) {
        if (failure != null) {
            return;
        }
        if (event instanceof StreamEvent.Failed(ProviderFailure reported)) {
            failure = UpstreamException.reported(reported.type());
            return;
        }
        try {
            writer.write(event instanceof StreamEvent.Started started ? named(started) : event, out);
        } catch (UpstreamException e) {
            failure = e;
        }
    }
}
