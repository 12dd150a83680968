package io.llmproxy.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The commands of a page: its blocks of {@code ```sh}, each with the {@code ```text} behind it, which is what they print. A block that no
 * test machine can run has, on the line before it, a comment that says why and who runs it instead:
 * {@code <!-- not run: needs root and systemd; tested by UnitsTest -->}.
 *
 * @param line of its first command
 * @param shown what it prints, line by line, with … for what differs; empty: the page does not say
 * @param reason why it is not run; empty: it is
 */
public record DocumentedCommands(Path page, int line, List<String> commands, List<String> shown, String reason) {
    private static final Pattern NOT_RUN = Pattern.compile("<!-- not run: (.*) -->");
    private static final Pattern INDENTED =
            Pattern.compile(" {4}((?:llmproxyctl|curl|llmproxy check-config) .*?)(?: {2,}.*)?");
    private static final String SHELL = "```sh";
    private static final String OUTPUT = "```text";
    private static final String END = "```";

    /** Those of one page, in order. */
    public static List<DocumentedCommands> of(Path page) throws IOException {
        List<String> lines = Files.readAllLines(page);
        List<DocumentedCommands> blocks = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).equals(SHELL)) {
                continue;
            }
            int end = end(page, lines, i);
            Matcher marker = NOT_RUN.matcher(i == 0 ? "" : lines.get(i - 1));
            List<String> shown = new ArrayList<>();
            int next = end + 1;
            if (next < lines.size() && lines.get(next).isEmpty()) {
                next++;
            }
            if (next < lines.size() && lines.get(next).equals(OUTPUT)) {
                shown.addAll(lines.subList(next + 1, end(page, lines, next)));
            }
            blocks.add(new DocumentedCommands(
                    page, i + 2, lines.subList(i + 1, end), shown, marker.matches() ? marker.group(1) : ""));
            i = end;
        }
        return blocks;
    }

    /**
     * Those of a page that indents its commands by four spaces, with what they are for behind two spaces or more; each is a block of its own.
     * What is indented and begins with another word is not a command.
     */
    public static List<DocumentedCommands> indented(Path page) throws IOException {
        List<String> lines = Files.readAllLines(page);
        List<DocumentedCommands> blocks = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher command = INDENTED.matcher(lines.get(i));
            if (command.matches()) {
                blocks.add(new DocumentedCommands(page, i + 1, List.of(command.group(1)), List.of(), ""));
            }
        }
        return blocks;
    }

    private static int end(Path page, List<String> lines, int begin) {
        for (int i = begin + 1; i < lines.size(); i++) {
            if (lines.get(i).equals(END)) {
                return i;
            }
        }
        throw new AssertionError(page + ":" + (begin + 1) + ": the block has no end");
    }

    public String place() {
        return page + ":" + line;
    }

    /** The first line that the page shows and {@code output} lacks behind those before it; empty: all are there. */
    public String missing(String output) {
        List<String> printed =
                Arrays.stream(output.split("\n")).map(DocumentedCommands::plain).toList();
        int from = 0;
        for (String line : shown) {
            Pattern wanted = pattern(line);
            int at = from;
            while (at < printed.size() && !wanted.matcher(printed.get(at)).matches()) {
                at++;
            }
            if (at == printed.size()) {
                return line;
            }
            from = at + 1;
        }
        return "";
    }

    /** Any space is one space. */
    private static String plain(String line) {
        return line.strip().replaceAll("\\s+", " ");
    }

    private static Pattern pattern(String line) {
        String quoted = Arrays.stream(plain(line).split("…", -1))
                .map(Pattern::quote)
                .reduce((a, b) -> a + ".*" + b)
                .orElse("");
        return Pattern.compile(quoted);
    }
}
