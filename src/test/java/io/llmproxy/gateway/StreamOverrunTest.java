package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.error.ProxyError.LimitExceeded;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.util.Collections;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stream that comes to its end and has used more than was reserved for it. Its client allows 100 tokens of output; by the fixture's
 * catalogue gpt-4o costs 2.5 and 10 USD for a million tokens.
 */
class StreamOverrunTest {
    private static final String CHAT =
            "{\"model\":\"gpt-4o\",\"stream\":true,\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String WORD =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"},\"finish_reason\":null}]}\n\n";
    private static final String STOP =
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    private static final String USAGE =
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2000,\"total_tokens\":2010}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
    }

    private Limit add(LimitMetric metric, long amount, LimitPeriod period) {
        Limit limit = Limit.of(
                        metric.word(),
                        LimitScope.TENANT,
                        metric,
                        amount,
                        period,
                        LimitAlgorithm.of(period),
                        LimitOrigin.ADMIN)
                .of(fixture.tenant.id());
        fixture.limits.add(limit);
        fixture.publish();
        return limit;
    }

    private RecordingSink chat() {
        return fixture.send(fixture.chat(CHAT));
    }

    private long used(Limit limit) {
        return fixture.counters.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    /** What a request is refused for taking of a limit that has next to nothing. */
    private long reserved(LimitMetric metric) {
        add(metric, 1, LimitPeriod.HOUR);
        assertThat(chat().error())
                .isInstanceOfSatisfying(
                        LimitExceeded.class, e -> assertThat(e.metric()).isEqualTo(metric.word()));
        LimitExceeded error = (LimitExceeded) chat().error();
        fixture.limits.clear();
        fixture.publish();
        fixture.journal.records.clear();
        return error == null ? 0 : error.asked();
    }

    @Test
    void aWholeStreamIsSettledToWhatItUsedAndTheOverrunReported() {
        long tokens = reserved(LimitMetric.TOKENS);
        long input = reserved(LimitMetric.INPUT_TOKENS);
        assertThat(tokens).isEqualTo(input + 100);
        Limit day = add(LimitMetric.TOKENS, 500, LimitPeriod.DAY);
        Limit inputs = add(LimitMetric.INPUT_TOKENS, 500, LimitPeriod.DAY);
        Limit requests = add(LimitMetric.REQUESTS, 500, LimitPeriod.DAY);
        Limit running = add(LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE);
        fixture.up().answers(r -> Script.events(WORD, WORD, STOP, USAGE, DONE));

        RecordingSink sink = chat();

        assertThat(sink.status()).isEqualTo(200);
        assertThat(sink.failed()).isFalse();
        assertThat(sink.text()).endsWith(DONE);
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(fixture.record().result().tokens().source()).isEqualTo(TokenUsage.Source.PROVIDER);
        assertThat(used(day)).isEqualTo(2_010);
        assertThat(used(inputs)).isEqualTo(10);
        assertThat(used(requests)).isEqualTo(1);
        assertThat(used(running)).isZero();
        assertThat(fixture.counts.overrun.get()).isEqualTo(2_010 - tokens);
        assertThat(chat().refusal()).startsWith("402");
        assertThat(fixture.counts.overrun.get())
                .as("a refusal overruns nothing")
                .isEqualTo(2_010 - tokens);
    }

    @Test
    void itsMoneyIsCountedTrulyToo() {
        long reserved = reserved(LimitMetric.COST);
        Limit month = add(LimitMetric.COST, 5_000, LimitPeriod.MONTH);
        fixture.up().answers(r -> Script.events(WORD, STOP, USAGE, DONE));
        assertThat(chat().status()).isEqualTo(200);
        // 10 tokens at 2.5 millionths and 2,000 at 10
        assertThat(used(month)).isEqualTo(20_025);
        assertThat(fixture.counts.overspent.get()).isEqualTo(20_025 - reserved);
        assertThat(chat().refusal()).startsWith("402");
    }

    /** Nobody says what it used: it is counted by its text. */
    @Test
    void aStreamWithoutAFigureIsCountedByItsText() {
        long tokens = reserved(LimitMetric.TOKENS);
        Limit day = add(LimitMetric.TOKENS, 500, LimitPeriod.DAY);
        String[] pieces = Collections.nCopies(302, WORD).toArray(String[]::new);
        pieces[300] = STOP;
        pieces[301] = DONE;
        fixture.up().answers(r -> Script.events(pieces));
        assertThat(chat().status()).isEqualTo(200);
        TokenUsage usage = fixture.record().result().tokens();
        assertThat(usage.source()).isNotEqualTo(TokenUsage.Source.PROVIDER);
        assertThat(usage.output()).isGreaterThanOrEqualTo(300);
        assertThat(used(day)).isEqualTo(usage.input() + usage.output());
        assertThat(fixture.counts.overrun.get()).isEqualTo(usage.input() + usage.output() - tokens);
    }
}
