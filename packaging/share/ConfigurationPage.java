import module java.base;

/// The page of the configuration file, out of `conf/llmproxy.yaml`: each key is there with its default, the comment above it
/// is its meaning, and the comment at the top is about all of them.
final class ConfigurationPage {
    private static final Pattern KEY = Pattern.compile("( *)([a-z][a-z0-9-]*):\\s*(.*)");

    private final ManPage page;
    private final Deque<String> above = new ArrayDeque<>();
    private final StringBuilder comment = new StringBuilder();
    private boolean begun;

    ConfigurationPage(ManPage page) {
        this.page = page;
    }

    void write(String text) {
        for (String line : text.lines().toList()) {
            Matcher key = KEY.matcher(line);
            if (line.strip().startsWith("#")) {
                comment.append(line.strip().substring(1).replaceFirst("^ ", "")).append('\n');
            } else if (line.isBlank()) {
                begin();
            } else if (key.matches()) {
                key(key.group(1).length() / 2, key.group(2), key.group(3));
            } else {
                throw new IllegalStateException("a line of the configuration that this program does not understand: " + line);
            }
        }
    }

    private void begin() {
        if (!begun) {
            begun = true;
            page.heading("DESCRIPTION").verbatim(comment.toString());
            page.heading("KEYS");
            comment.setLength(0);
        }
    }

    private void key(int depth, String name, String value) {
        while (above.size() > depth) {
            above.removeLast();
        }
        String whole = String.join(".", above) + (above.isEmpty() ? "" : ".") + name;
        String meaning = comment.toString();
        comment.setLength(0);
        if (value.isEmpty()) {
            above.addLast(name);
            page.subheading(whole).paragraphs(meaning);
        } else {
            page.entry(whole + ": " + value, meaning);
        }
    }
}
