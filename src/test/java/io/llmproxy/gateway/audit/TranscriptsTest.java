package io.llmproxy.gateway.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.gateway.privacy.Redactor;
import io.llmproxy.testing.FakeAudit;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TranscriptsTest {
    private static final UUID TENANT = new UUID(1, 1);
    private final FakeAudit.Bodies store = new FakeAudit.Bodies();

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static UUID record(Transcripts transcripts, int length) {
        UUID id = Ids.next(Instant.EPOCH);
        Recording recording = transcripts.begin(TENANT, id, null);
        if (recording != null) {
            recording.head("text/plain", "");
            recording.write(new byte[length], 0, length);
            transcripts.end(recording);
        }
        return id;
    }

    @Test
    void whatWaitsWhileTheDatabaseIsAwayIsBoundedAndCountedAndStoredLater() throws InterruptedException {
        store.away(true);
        try (Transcripts transcripts = new Transcripts(store, 100_000)) {
            transcripts.start();
            UUID first = record(transcripts, 10_000);
            for (int i = 0; i < 300; i++) {
                record(transcripts, 10_000);
            }
            assertThat(transcripts.used()).isLessThanOrEqualTo(100_000);
            assertThat(transcripts.dropped()).isPositive();
            assertThat(transcripts.fault()).isNotNull();
            store.away(false);
            long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (transcripts.used() > 0 && System.nanoTime() < end) {
                transcripts.flush();
            }
            assertThat(transcripts.used()).isZero();
            assertThat(store.find(TENANT, first)).isPresent();
            assertThat(transcripts.fault()).contains("left out");
        }
    }

    @Test
    void noMoreOfABodyIsKeptThanItsBound() {
        try (Transcripts transcripts = new Transcripts(store, Long.MAX_VALUE / 2)) {
            Recording recording = Objects.requireNonNull(transcripts.begin(TENANT, Ids.next(Instant.EPOCH), null));
            recording.request("text/plain", bytes("asked"), false);
            recording.head("text/plain", "");
            byte[] piece = new byte[10_007];
            for (int i = 0; i < 100; i++) {
                recording.write(piece, 0, piece.length);
            }
            Transcript kept = recording.transcript();
            assertThat(kept.request().cut()).isFalse();
            assertThat(kept.answer().cut()).isTrue();
            assertThat(kept.answer().bytes()).hasSize(Transcript.MAX_BODY);
        }
    }

    @Test
    void redactionLooksThroughSpellingsAndKeepsTheRest() {
        String json = "{\"a\":\"x \\u006aohn@example.com\\n\",\"n\":4111111111111111,\"ok\":\"caf\\u00e9 \\\"q\\\"\"}";
        String clean = new String(
                Bodies.kept("application/json", "", bytes(json), false, Redactor.DEFAULT)
                        .bytes(),
                StandardCharsets.UTF_8);
        assertThat(clean)
                .doesNotContain("ohn@example")
                .doesNotContain("4111111111111111")
                .contains("\"ok\":\"caf\\u00e9 \\\"q\\\"\"");
        // cut off at every place
        for (int length = 0; length <= json.length(); length++) {
            String part = json.substring(0, length);
            assertThat(JsonRedaction.redact(part, t -> t)).isEqualTo(part);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "john@example.com",
                "{john@example.com}",
                "[true, john@example.com, null]",
                "{\"a\\\":john@example.com",
                "{\"john\\u0040example.com\" and more"
            })
    void whatOnlyLooksLikeJsonIsRedactedToo(String text) {
        for (String type : List.of("application/json", "text/plain", "application/x-www-form-urlencoded")) {
            byte[] kept =
                    Bodies.kept(type, "", bytes(text), false, Redactor.DEFAULT).bytes();
            assertThat(new String(kept, StandardCharsets.UTF_8))
                    .as(type)
                    .contains("[EMAIL]")
                    .doesNotContain("john");
        }
        String json = "{\"a\": [true, null,false], \"b\":\"c\"}";
        assertThat(JsonRedaction.redact(json, t -> t.length() > 1 ? "?" : t)).isEqualTo(json);
    }

    private static String event(String text) {
        return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
    }

    /** Of a streamed answer as it goes to the client, in pieces of so many bytes. */
    private String kept(String stream, int piece) {
        try (Transcripts transcripts = new Transcripts(store, Long.MAX_VALUE / 2)) {
            Recording recording =
                    Objects.requireNonNull(transcripts.begin(TENANT, Ids.next(Instant.EPOCH), Redactor.DEFAULT));
            recording.head("text/event-stream; charset=utf-8", "");
            byte[] all = bytes(stream);
            for (int at = 0; at < all.length; at += piece) {
                recording.write(all, at, Math.min(piece, all.length - at));
            }
            return new String(recording.transcript().answer().bytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void whatIsPrivateIsNotStoredHoweverTheAnswerIsCutIntoEventsAndPieces() {
        String text = "write to anna@example.com or call +41 44 668 18 00, card 4111 1111 1111 1111.";
        String clean = "write to [EMAIL] or call [PHONE], card [CARD].";
        for (int cut = 0; cut <= text.length(); cut++) {
            String stream = event(text.substring(0, cut)) + event(text.substring(cut)) + "data: [DONE]\n\n";
            assertThat(kept(stream, 7 + cut)).as("cut at " + cut).isEqualTo(clean);
        }
        StringBuilder single = new StringBuilder();
        text.chars().forEach(c -> single.append(event(Character.toString(c))));
        for (int piece = 1; piece < 80; piece += 13) {
            assertThat(kept(single.toString(), piece)).isEqualTo(clean);
        }
    }

    @Test
    void whatIsNoTextIsNotKeptRedacted() {
        Transcript.Part part = Bodies.kept("image/png", "", bytes("PNG john@example.com"), false, Redactor.DEFAULT);
        assertThat(part.bytes()).isEmpty();
        assertThat(part.cut()).isTrue();
        assertThat(Bodies.kept("text/plain", "br", bytes("?"), false, null).bytes())
                .isEmpty();
        assertThat(Bodies.kept("text/plain", "gzip", bytes("no gzip"), false, null)
                        .cut())
                .isTrue();
    }
}
