package io.llmproxy.gateway.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.privacy.PrivateKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How much of the labelled corpus is found, and how much of what is found is private; docs/privacy.md has the table, which
 * {@code -Dgolden.write=true} writes anew. A line marks what is private as <code>{{kind|text}}</code>.
 */
class CorpusTest {
    private static final Path CORPUS = Path.of("src/test/resources/privacy/corpus.txt");
    private static final Path PAGE = Path.of("docs/privacy.md");
    private static final String BEGIN = "<!-- corpus -->\n";
    private static final String END = "<!-- /corpus -->";
    private static final Pattern MARK = Pattern.compile("\\{\\{([a-z-]+)\\|(.*?)}}");

    /** Something private: where, and of which kind. */
    private record Span(String kind, int from, int to) {
        boolean meets(Span other) {
            return kind.equals(other.kind) && from < other.to && other.from < to;
        }
    }

    /** How it went with one kind. */
    private static final class Score {
        int marked;
        int found;
        int right;
        int correct;
    }

    @Test
    void theManualSaysHowMuchIsFound() throws IOException {
        Map<String, Score> scores = new TreeMap<>();
        List<String> errors = new ArrayList<>();
        Redactor redactor = Redactor.of(EnumSet.allOf(PrivateKind.class));
        for (String line : Files.readAllLines(CORPUS)) {
            if (!line.startsWith("# ")) {
                judge(line, redactor, scores, errors);
            }
        }
        errors.forEach(System.out::println);
        String table = table(scores);
        System.out.println(table);
        String page = Files.readString(PAGE);
        int from = page.indexOf(BEGIN) + BEGIN.length();
        int to = page.indexOf(END);
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(PAGE, page.substring(0, from) + table + page.substring(to));
        } else {
            assertThat(page.substring(from, to)).isEqualTo(table);
        }
    }

    /** How keys of a type begin; null: they have no form of their own, and are found only where they are called keys. */
    private static @Nullable String form(ProviderKind kind) {
        return switch (kind) {
            case OPENAI -> "sk-proj-";
            case ANTHROPIC -> "sk-ant-";
            case GEMINI -> "AQ.";
            case HUGGINGFACE -> "hf_";
            case BEDROCK -> "ABSK";
            case GROQ -> "gsk_";
            case TOGETHER -> "tgp_v1_";
            case FIREWORKS -> "fw_";
            case DEEPSEEK -> "sk-";
            case XAI -> "xai-";
            case OPENROUTER -> "sk-or-v1-";
            case PERPLEXITY -> "pplx-";
            case CEREBRAS -> "csk-";
            case NVIDIA -> "nvapi-";
            // a JSON web token, a kind of its own
            case OVH -> null;
            case AZURE, MISTRAL, COHERE, SCALEWAY -> null;
            case OLLAMA, CUSTOM, SIMULATED, VLLM, LMSTUDIO, LLAMACPP -> null;
        };
    }

    @ParameterizedTest
    @EnumSource
    void keysOfEachTypeOfProviderAreFoundWhereTheyHaveAForm(ProviderKind kind) throws IOException {
        String form = form(kind);
        if (form == null) {
            return;
        }
        List<String> keys = new ArrayList<>();
        for (String line : Files.readAllLines(CORPUS)) {
            Matcher mark = MARK.matcher(line);
            while (!line.startsWith("# ") && mark.find()) {
                if (mark.group(1).equals("key") && mark.group(2).startsWith(form)) {
                    keys.add(mark.group(2));
                }
            }
        }
        assertThat(keys).as("keys of the corpus that begin with " + form).isNotEmpty();
        for (String key : keys) {
            assertThat(Redactor.DEFAULT.redact("x " + key + " y")).isEqualTo("x [KEY] y");
        }
    }

    private static void judge(String line, Redactor redactor, Map<String, Score> scores, List<String> errors) {
        List<Span> marked = new ArrayList<>();
        String text = text(line, marked);
        List<Span> found = new ArrayList<>();
        redactor.find(text, new Findings() {
            @Override
            public void passed(char[] chars, int from, int to) {}

            @Override
            public void found(String label, long start, long end) {
                found.add(new Span(label.toLowerCase(Locale.ROOT).replace('_', '-'), (int) start, (int) end));
            }
        });
        for (Span span : marked) {
            Score score = scores.computeIfAbsent(span.kind, _ -> new Score());
            score.marked++;
            if (found.stream().anyMatch(span::meets)) {
                score.right++;
            } else {
                errors.add("missed " + span.kind + ": " + line);
            }
        }
        for (Span span : found) {
            Score score = scores.computeIfAbsent(span.kind, _ -> new Score());
            score.found++;
            if (marked.stream().anyMatch(span::meets)) {
                score.correct++;
            } else {
                errors.add("wrong " + span.kind + " " + text.substring(span.from, span.to) + ": " + line);
            }
        }
    }

    private static String text(String line, List<Span> marked) {
        StringBuilder text = new StringBuilder();
        Matcher mark = MARK.matcher(line);
        int at = 0;
        while (mark.find()) {
            text.append(line, at, mark.start());
            marked.add(new Span(
                    mark.group(1), text.length(), text.length() + mark.group(2).length()));
            text.append(mark.group(2));
            at = mark.end();
        }
        return text.append(line, at, line.length()).toString();
    }

    private static String table(Map<String, Score> scores) {
        StringBuilder out = new StringBuilder(
                "| kind | marked | found | marked and found | precision | recall |\n|---|---|---|---|---|---|\n");
        scores.forEach((kind, s) -> out.append(String.format(
                Locale.ROOT,
                "| `%s` | %d | %d | %d | %s | %s |%n",
                kind,
                s.marked,
                s.found,
                s.right,
                share(s.correct, s.found),
                share(s.right, s.marked))));
        return out.toString();
    }

    private static String share(int part, int whole) {
        return whole == 0 ? "-" : String.format(Locale.ROOT, "%.2f", (double) part / whole);
    }
}
