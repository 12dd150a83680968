import module java.base;

/// One manual page in man(7), written part by part.
final class ManPage {
    private final String name;
    private final int section;
    private final StringBuilder roff = new StringBuilder();

    /// @param date as readers see it
    /// @param title what the page is about, in a line without a point
    ManPage(String name, int section, String date, String version, String title) {
        this.name = name;
        this.section = section;
        roff.append(".TH \"%s\" %d \"%s\" \"llmproxy %s\"\n".formatted(name.toUpperCase(Locale.ROOT), section, date, version));
        // no hyphens into words, no spaces into lines: both make commands and paths unreadable
        roff.append(".nh\n.ad l\n");
        heading("NAME");
        roff.append(escaped(name)).append(" \\- ").append(escaped(title)).append('\n');
    }

    /// Where it belongs below `share`.
    Path path() {
        return Path.of("man", "man" + section, name + "." + section + ".gz");
    }

    String text() {
        return roff.toString();
    }

    ManPage heading(String heading) {
        roff.append(".SH \"").append(escaped(heading)).append("\"\n");
        return this;
    }

    ManPage subheading(String heading) {
        roff.append(".SS \"").append(escaped(heading)).append("\"\n");
        return this;
    }

    /// Text whose lines are put together anew; an empty line parts paragraphs.
    ManPage paragraphs(String text) {
        for (String paragraph : text.strip().split("\n\\s*\n")) {
            if (!paragraph.isBlank()) {
                roff.append(".PP\n");
                lines(paragraph);
            }
        }
        return this;
    }

    /// Text that is laid out already.
    ManPage verbatim(String text) {
        roff.append(".PP\n.nf\n.RS 4\n");
        lines(text);
        roff.append(".RE\n.fi\n");
        return this;
    }

    /// A name and, below and indented, what it means.
    ManPage entry(String term, String meaning) {
        roff.append(".TP\n\\fB").append(escaped(term)).append("\\fR\n");
        if (meaning.isBlank()) {
            roff.append("\\&\n");
        }
        lines(meaning.strip());
        return this;
    }

    /// Rows of a name, two spaces at least, and a meaning, as `--help` prints them.
    ManPage table(String rows) {
        for (String row : rows.lines().filter(line -> !line.isBlank()).toList()) {
            String[] parts = row.strip().split(" {2,}", 2);
            entry(parts[0], parts.length > 1 ? parts[1] : "");
        }
        return this;
    }

    private void lines(String text) {
        text.stripTrailing().lines().forEach(line -> roff.append(escaped(line.stripTrailing())).append('\n'));
    }

    private static String escaped(String text) {
        String safe = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq").replace("\"", "\\(dq");
        return (safe.startsWith(".") ? "\\&" : "") + ascii(safe);
    }

    /// Readers' tools differ in what they take the encoding of a page for.
    private static String ascii(String text) {
        return text.codePoints().mapToObj(c -> c < 128 ? Character.toString(c) : "\\[u%04X]".formatted(c)).collect(Collectors.joining());
    }
}
