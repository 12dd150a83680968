package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.http.ChunkFuzz;
import io.llmproxy.adapter.http.HeadFuzz;
import io.llmproxy.adapter.journal.JournalFuzz;
import io.llmproxy.adapter.provider.bedrock.EventStreamFuzz;
import io.llmproxy.adapter.provider.support.AnswerFuzz;
import io.llmproxy.adapter.provider.support.RedactFuzz;
import io.llmproxy.adapter.provider.translation.TranslationFuzz;
import io.llmproxy.gateway.CodedBodyFuzz;
import io.llmproxy.gateway.CredentialsFuzz;
import io.llmproxy.gateway.privacy.PrivacyFuzz;
import io.llmproxy.gateway.privacy.VaultFuzz;
import io.llmproxy.gateway.scan.AnswerTapsFuzz;
import io.llmproxy.gateway.scan.JsonFuzz;
import io.llmproxy.gateway.scan.MultipartFuzz;
import io.llmproxy.gateway.scan.ObjectAnswerFuzz;
import io.llmproxy.gateway.scan.SseFuzz;
import io.llmproxy.gateway.scan.UsageFilterFuzz;
import io.llmproxy.gateway.scan.UsageFuzz;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replays to every fuzz target what was found worth keeping, and mutations of it; {@link FuzzRun} looks for more. */
class FuzzCorpusTest {
    static final Path CORPORA = Path.of("src/test/resources/fuzz");
    private static final int MUTATIONS = 20;

    /** One input; the target may throw anything to say that it found something. */
    interface Target {
        void run(byte[] input) throws IOException;
    }

    record Case(Class<?> of, Target target) {
        Path corpus() {
            return CORPORA.resolve(of.getSimpleName());
        }

        @Override
        public String toString() {
            return of.getSimpleName();
        }
    }

    static List<Case> targets() {
        return List.of(
                new Case(JsonFuzz.class, JsonFuzz::fuzzerTestOneInput),
                new Case(MultipartFuzz.class, MultipartFuzz::fuzzerTestOneInput),
                new Case(SseFuzz.class, SseFuzz::fuzzerTestOneInput),
                new Case(AnswerTapsFuzz.class, AnswerTapsFuzz::fuzzerTestOneInput),
                new Case(UsageFuzz.class, UsageFuzz::fuzzerTestOneInput),
                new Case(ObjectAnswerFuzz.class, ObjectAnswerFuzz::fuzzerTestOneInput),
                new Case(UsageFilterFuzz.class, UsageFilterFuzz::fuzzerTestOneInput),
                new Case(CodedBodyFuzz.class, CodedBodyFuzz::fuzzerTestOneInput),
                new Case(CredentialsFuzz.class, CredentialsFuzz::fuzzerTestOneInput),
                new Case(ChunkFuzz.class, ChunkFuzz::fuzzerTestOneInput),
                new Case(HeadFuzz.class, HeadFuzz::fuzzerTestOneInput),
                new Case(AnswerFuzz.class, AnswerFuzz::fuzzerTestOneInput),
                new Case(RedactFuzz.class, RedactFuzz::fuzzerTestOneInput),
                new Case(TranslationFuzz.class, TranslationFuzz::fuzzerTestOneInput),
                new Case(EventStreamFuzz.class, EventStreamFuzz::fuzzerTestOneInput),
                new Case(PrivacyFuzz.class, PrivacyFuzz::fuzzerTestOneInput),
                new Case(VaultFuzz.class, VaultFuzz::fuzzerTestOneInput),
                new Case(JournalFuzz.class, JournalFuzz::fuzzerTestOneInput));
    }

    @ParameterizedTest
    @MethodSource("targets")
    void findsNothingInItsCorpusNorCloseToIt(Case target) throws IOException {
        List<Path> corpus = files(target.corpus());
        assertThat(corpus).isNotEmpty();
        Random random = new Random(1);
        run(target, new byte[0]);
        for (Path file : corpus) {
            byte[] input = Files.readAllBytes(file);
            run(target, input);
            for (int i = 0; i < MUTATIONS; i++) {
                run(target, mutated(input, random));
            }
        }
    }

    private static void run(Case target, byte[] input) {
        try {
            target.target().run(input);
        } catch (Throwable e) {
            throw new AssertionError(
                    target + " found a fault; the input in base64: "
                            + Base64.getEncoder().encodeToString(input) + "\n"
                            + new String(input, StandardCharsets.ISO_8859_1),
                    e);
        }
    }

    private static byte[] mutated(byte[] input, Random random) {
        byte[] out = input.clone();
        for (int i = random.nextInt(3); i >= 0 && out.length > 0; i--) {
            int at = random.nextInt(out.length);
            switch (random.nextInt(4)) {
                case 0 -> out[at] = (byte) random.nextInt(256);
                case 1 -> out[at] = out[random.nextInt(out.length)];
                case 2 -> out = java.util.Arrays.copyOf(out, at);
                default -> System.arraycopy(out, at, out, 0, out.length - at);
            }
        }
        return out;
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }
}
