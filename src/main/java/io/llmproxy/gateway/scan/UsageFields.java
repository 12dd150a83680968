package io.llmproxy.gateway.scan;

import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of {@code usage} objects, in every shape that providers publish. Of several objects the later one's numbers count,
 * each for itself. What is no plausible count is passed over.
 *
 * <p>The names come from OpenAI's API reference: {@code CompletionUsage} (chat, completions, embeddings), {@code ResponseUsage}
 * (Responses), the {@code usage} of {@code ImagesResponse} and of {@code image_generation.completed}, and that of transcriptions
 * ({@code TranscriptTextUsageTokens}, which says {@code input_token_details}; {@code TranscriptTextUsageDuration} has seconds
 * and no tokens); {@code prompt_cache_hit_tokens} from DeepSeek's "Context Caching" guide, {@code cached_tokens} beside the sums
 * from Moonshot's chat reference; {@code cache_read_input_tokens} and {@code cache_creation_input_tokens} from Anthropic's
 * Messages reference; Google's from {@code UsageMetadata} of the Gemini API's reference; Ollama's two from its API documentation.
 */
final class UsageFields {
    private static final long ABSURD = 1_000_000_000_000L;

    private enum Part {
        WHOLE,
        INPUT_DETAILS,
        OUTPUT_DETAILS
    }

    private enum Count {
        PROMPT,
        INPUT,
        OUTPUT,
        TOTAL,
        CACHED,
        CACHE_WRITE,
        /** Anthropic counts cached tokens beside {@code input_tokens}, all others within it. */
        READ_BESIDE,
        WRITTEN_BESIDE,
        REASONING,
        AUDIO_INPUT,
        AUDIO_OUTPUT,
        /** Google counts thoughts beside what was answered, and what its own tools found beside the prompt. */
        THOUGHTS_BESIDE,
        FOUND_BESIDE
    }

    private record Field(Part part, String name, Count count) {}

    private static final Field[] FIELDS = {
        new Field(Part.WHOLE, "prompt_tokens", Count.PROMPT),
        new Field(Part.WHOLE, "completion_tokens", Count.OUTPUT),
        new Field(Part.WHOLE, "total_tokens", Count.TOTAL),
        new Field(Part.WHOLE, "input_tokens", Count.INPUT),
        new Field(Part.WHOLE, "output_tokens", Count.OUTPUT),
        new Field(Part.WHOLE, "cached_tokens", Count.CACHED),
        new Field(Part.WHOLE, "prompt_cache_hit_tokens", Count.CACHED),
        new Field(Part.WHOLE, "cache_read_input_tokens", Count.READ_BESIDE),
        new Field(Part.WHOLE, "cache_creation_input_tokens", Count.WRITTEN_BESIDE),
        new Field(Part.WHOLE, "promptTokenCount", Count.PROMPT),
        new Field(Part.WHOLE, "candidatesTokenCount", Count.OUTPUT),
        new Field(Part.WHOLE, "totalTokenCount", Count.TOTAL),
        new Field(Part.WHOLE, "cachedContentTokenCount", Count.CACHED),
        new Field(Part.WHOLE, "thoughtsTokenCount", Count.THOUGHTS_BESIDE),
        new Field(Part.WHOLE, "toolUsePromptTokenCount", Count.FOUND_BESIDE),
        new Field(Part.INPUT_DETAILS, "cached_tokens", Count.CACHED),
        new Field(Part.INPUT_DETAILS, "cache_write_tokens", Count.CACHE_WRITE),
        new Field(Part.INPUT_DETAILS, "audio_tokens", Count.AUDIO_INPUT),
        new Field(Part.OUTPUT_DETAILS, "reasoning_tokens", Count.REASONING),
        new Field(Part.OUTPUT_DETAILS, "audio_tokens", Count.AUDIO_OUTPUT),
    };

    /** The fields by the lengths of their names, which nearly all names differ by. */
    private static final Field[][] BY_LENGTH = IntStream.rangeClosed(
                    0,
                    Arrays.stream(FIELDS).mapToInt(f -> f.name.length()).max().orElse(0))
            .mapToObj(length ->
                    Arrays.stream(FIELDS).filter(f -> f.name.length() == length).toArray(Field[]::new))
            .toArray(Field[][]::new);

    private Map<Count, Long> counts = Map.of();

    void read(byte[] json, int from, int to) {
        try {
            JsonScanner scanner = new JsonScanner(json, from, to);
            scanner.next();
            members(scanner, Part.WHOLE);
        } catch (MalformedException e) {
            // a provider whose JSON is broken told nothing
        }
    }

    private void members(JsonScanner scanner, Part part) {
        while (scanner.next() == Token.NAME) {
            Field field = field(scanner, part);
            Part inner = part == Part.WHOLE ? inner(scanner) : null;
            switch (scanner.next()) {
                case NUMBER -> number(field, scanner.count());
                case OBJECT_START -> object(scanner, inner);
                case ARRAY_START -> scanner.skipContainer();
                case OBJECT_END, ARRAY_END, NAME, STRING, TRUE, FALSE, NULL, END -> {}
            }
        }
    }

    private static @Nullable Field field(JsonScanner scanner, Part part) {
        int length = scanner.rawLength();
        Field[] likely = scanner.escaped() || length >= BY_LENGTH.length ? FIELDS : BY_LENGTH[length];
        for (Field field : likely) {
            if (field.part == part && scanner.is(field.name)) {
                return field;
            }
        }
        return null;
    }

    private static @Nullable Part inner(JsonScanner scanner) {
        if (scanner.is("prompt_tokens_details")
                || scanner.is("input_tokens_details")
                || scanner.is("input_token_details")) {
            return Part.INPUT_DETAILS;
        }
        boolean output = scanner.is("completion_tokens_details")
                || scanner.is("output_tokens_details")
                || scanner.is("output_token_details");
        return output ? Part.OUTPUT_DETAILS : null;
    }

    private void object(JsonScanner scanner, @Nullable Part inner) {
        if (inner == null) {
            scanner.skipContainer();
        } else {
            members(scanner, inner);
        }
    }

    private void number(@Nullable Field field, long count) {
        if (field != null) {
            put(field.count, count);
        }
    }

    /** One of the two numbers that Ollama tells. */
    void ollamas(boolean read, long count) {
        put(read ? Count.PROMPT : Count.OUTPUT, count);
    }

    private void put(Count what, long count) {
        if (count < 0 || count > ABSURD) {
            return;
        }
        if (counts.isEmpty()) {
            counts = new EnumMap<>(Count.class);
        }
        counts.put(what, count);
    }

    TokenUsage usage() {
        if (!told(Count.PROMPT) && !told(Count.INPUT) && !told(Count.OUTPUT) && !told(Count.TOTAL)) {
            return TokenUsage.NONE;
        }
        if (input() + output() == 0) {
            // nothing is read or written for nothing: a provider that says so did not count
            return TokenUsage.NONE;
        }
        return new TokenUsage(
                input(),
                output(),
                Math.max(of(Count.CACHED), of(Count.READ_BESIDE)),
                Math.max(of(Count.CACHE_WRITE), of(Count.WRITTEN_BESIDE)),
                Math.max(of(Count.REASONING), of(Count.THOUGHTS_BESIDE)),
                of(Count.AUDIO_INPUT),
                of(Count.AUDIO_OUTPUT),
                TokenUsage.Source.PROVIDER);
    }

    private long input() {
        if (told(Count.PROMPT)) {
            return of(Count.PROMPT) + of(Count.FOUND_BESIDE);
        }
        long beside = of(Count.READ_BESIDE) + of(Count.WRITTEN_BESIDE);
        return told(Count.INPUT) ? of(Count.INPUT) + beside : Math.max(beside, of(Count.TOTAL) - of(Count.OUTPUT));
    }

    /**
     * What the total has beyond input and output was generated, too: xAI counts reasoning, and Gemini in OpenAI's format its
     * thoughts, beside {@code completion_tokens}.
     */
    private long output() {
        long beyond = told(Count.PROMPT) ? of(Count.TOTAL) - of(Count.PROMPT) - of(Count.FOUND_BESIDE) : 0;
        long whole = of(Count.OUTPUT) + of(Count.THOUGHTS_BESIDE);
        return told(Count.OUTPUT) || told(Count.THOUGHTS_BESIDE) ? Math.max(whole, beyond) : whole;
    }

    private boolean told(Count count) {
        return counts.containsKey(count);
    }

    private long of(Count count) {
        return counts.getOrDefault(count, 0L);
    }
}
