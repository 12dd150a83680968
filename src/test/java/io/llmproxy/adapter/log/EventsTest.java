package io.llmproxy.adapter.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list of events against the messages of the program and against docs/events.md. */
class EventsTest {
    private static final Pattern IN_CODE = Pattern.compile("\"event (\\d{4}): ");

    /** Written by the log itself, by their constants. */
    private static final Set<Event> OWN =
            Set.of(Event.REQUEST, Event.LOG_FILE_FAILS, Event.LOG_FILE_BACK, Event.REPEATED);

    @Test
    void everyNumberInAMessageIsRegisteredAndEveryRegisteredOneIsUsed() throws IOException {
        Set<Integer> used = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                Matcher m = IN_CODE.matcher(Files.readString(file));
                while (m.find()) {
                    used.add(Integer.parseInt(m.group(1)));
                }
            }
        }
        OWN.forEach(event -> used.add(event.id()));
        assertThat(used)
                .as("numbers in messages; new ones belong into Event")
                .isEqualTo(Arrays.stream(Event.values()).map(Event::id).collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void numbersAreOfOneEventEach() {
        assertThat(Arrays.stream(Event.values()).map(Event::id).toList()).doesNotHaveDuplicates();
    }

    @Test
    void thePageIsTheList() throws IOException {
        String page = page();
        Path made = Files.writeString(Path.of("target/events.md"), page);
        assertThat(Files.readString(Path.of("docs/events.md")))
                .as("docs/events.md; what it should be is in " + made)
                .isEqualTo(page);
    }

    private static String page() {
        StringBuilder text = new StringBuilder("""
                # Events of the log

                A line of the log that an operator may look for has a number, which stays the same whatever the sentence says: the
                field `event` of a JSON line, `event 6301:` before the sentence of a text line. `llmproxyctl log search --event 6301`
                finds it. Lines that come from the same event about the same things are held back after the first, and their number is
                told once a minute.

                This page is made of `adapter.log.Event`, and a test compares them.

                | event | level | what has happened | what to do |
                |---|---|---|---|
                """);
        for (Event event : Arrays.stream(Event.values())
                .sorted(Comparator.comparingInt(Event::id))
                .toList()) {
            text.append("| ")
                    .append(String.join(
                            " | ",
                            List.of(
                                    Integer.toString(event.id()),
                                    event.severity().name().toLowerCase(java.util.Locale.ROOT),
                                    event.meaning(),
                                    event.advice())))
                    .append(" |\n");
        }
        return text.toString();
    }

    @Test
    void readsANumberWhereAMessageBeginsWithOne() {
        assertThat(Event.idIn("event 6301: x")).isEqualTo(6301);
        assertThat(Event.sentence("event 6301: x")).isEqualTo("x");
        for (String none : List.of("", "event", "event 6301", "event 6301:x", "event 63x1: x", "an event 6301: x")) {
            assertThat(Event.idIn(none)).as(none).isZero();
            assertThat(Event.sentence(none)).isEqualTo(none);
        }
    }
}
