package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.HoldingSink;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.scan.AnswerEnds;
import io.llmproxy.gateway.scan.UsageFilter;
import io.llmproxy.gateway.scan.UsageTap;
import io.llmproxy.port.Tracing.RequestSpan;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A sink that listens to what goes through it, and takes out what the client did not ask for. */
final class MeteredSink extends HoldingSink {
    private final Exchange x;
    private final boolean listens;
    private UsageTap tap = UsageTap.DEAF;
    private boolean answered;
    private @Nullable UsageFilter filter;
    private @Nullable AnswerEnds ends;

    MeteredSink(Exchange x, ResponseSink client, boolean listens) {
        super(client);
        this.x = x;
        this.listens = listens;
    }

    @Override
    public void head(int status, HeaderFields headers, long contentLength) throws IOException {
        String type = headers.first("content-type").orElse("");
        String coding = headers.first("content-encoding")
                .filter(c -> !c.strip().equalsIgnoreCase("identity"))
                .orElse("");
        boolean success = status >= 200 && status < 300;
        if (listens && success) {
            tap = UsageTap.of(type, coding);
            answered = true;
            ends = traced();
        }
        boolean events = type.toLowerCase(Locale.ROOT).startsWith("text/event-stream");
        if (x.usageWanted() && success && events && coding.isEmpty()) {
            filter = new UsageFilter(client::write);
        }
        client.head(status, headers, filter == null ? contentLength : -1);
    }

    /** Only where somebody will hear of the answer; null: nobody will. */
    private @Nullable AnswerEnds traced() {
        RequestSpan span = x.span();
        if (span == null || !span.recorded()) {
            return null;
        }
        AnswerEnds kept = new AnswerEnds();
        x.tally().answer(kept);
        return kept;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        tap.feed(bytes, offset, length);
        if (ends != null) {
            ends.feed(bytes, offset, length);
        }
        if (tap.done()) {
            x.tally().wholeAnswer();
        }
        if (length > 0 && x.tally().firstByteNanos() < 0) {
            x.tally().firstByte(x.elapsed(System.nanoTime()));
        }
        if (filter == null) {
            client.write(bytes, offset, length);
        } else {
            filter.feed(bytes, offset, length);
        }
    }

    @Override
    protected void finish() throws IOException {
        if (filter != null) {
            filter.finish();
        }
    }

    /** Tells the account what was heard. */
    void report() {
        x.tally().tokens(tap.usage());
        if (answered) {
            x.tally().delivered(tap.text());
        }
    }
}
