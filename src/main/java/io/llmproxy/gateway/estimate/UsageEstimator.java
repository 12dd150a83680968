package io.llmproxy.gateway.estimate;

import io.llmproxy.domain.usage.TokenEncoding;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.gateway.estimate.TextCounter.Effort;
import io.llmproxy.gateway.scan.DeliveredText;
import io.llmproxy.port.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Counts the tokens of exchanges whose provider did not. Counting is plain work for a processor, which would hold up the virtual
 * threads that relay, so a quarter of the processors, at least one, does it on platform threads of its own; who asks waits for
 * its turn, and where many wait, each is looked at less closely. Thread-safe; the threads end when there is nothing to do.
 */
public final class UsageEstimator {
    private static final Logger LOG = System.getLogger(UsageEstimator.class.getName());
    private static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 4);
    private static final int MANY = 16 * THREADS;
    private static final int IDLE_SECONDS = 10;
    private static final int BYTES_PER_TOKEN = 4;

    private final Tokenizer tokenizer;
    private final ThreadPoolExecutor workers;

    public UsageEstimator(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.workers = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("token-estimates-", 0).factory());
        workers.allowCoreThreadTimeOut(true);
    }

    /** A request as it was sent, to be read once more. */
    public interface Sent {
        InputStream open() throws IOException;

        /** In bytes. */
        long length();
    }

    /**
     * What the model read and what it delivered. Waits for its turn.
     *
     * @param model whose tokens they are; null: not known
     */
    public TokenUsage estimate(PromptShape shape, @Nullable String model, Sent sent, DeliveredText delivered) {
        Future<TokenUsage> counted = workers.submit(() -> count(shape, model, sent, delivered));
        try {
            return counted.get();
        } catch (InterruptedException e) {
            counted.cancel(true);
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            LOG.log(Level.WARNING, "tokens could not be counted, and are guessed by the number of bytes", e.getCause());
        }
        return usage(sent.length() / BYTES_PER_TOKEN, delivered.length() / BYTES_PER_TOKEN);
    }

    private TokenUsage count(PromptShape shape, @Nullable String model, Sent sent, DeliveredText delivered)
            throws IOException {
        Effort effort = workers.getQueue().size() > MANY ? Effort.LITTLE : Effort.FULL;
        TokenEncoding encoding = TokenEncoding.of(model);
        long input;
        try (InputStream in = sent.open()) {
            TextCounter counter = new TextCounter(tokenizer, encoding, effort);
            input = new PromptCounter(new JsonPieces(in), counter).count(shape);
        }
        TextCounter output = new TextCounter(tokenizer, encoding, effort);
        if (!shape.embeds()) {
            output.add(delivered.bytes(), 0, delivered.size());
            output.endOfString();
            output.left(delivered.length() - delivered.size());
        }
        return usage(input, output.tokens());
    }

    private static TokenUsage usage(long input, long output) {
        return new TokenUsage(input, output, 0, 0, 0, 0, 0, TokenUsage.Source.ESTIMATED);
    }
}
