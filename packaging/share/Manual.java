import module java.base;

/// The manual pages: of the programs out of what their own `--help` says, of the configuration out of its file, which has
/// every key with its default and its meaning.
final class Manual {
    private final Programs programs;
    private final String date;
    private final String version;

    Manual(Programs programs, Instant stamp, String version) {
        this.programs = programs;
        this.date = DateTimeFormatter.ofPattern("d MMMM yyyy", Locale.ROOT).withZone(ZoneOffset.UTC).format(stamp);
        this.version = version;
    }

    /// @param configuration the text of `conf/llmproxy.yaml`
    List<ManPage> pages(String configuration) throws Exception {
        List<ManPage> pages = new ArrayList<>(controlTool());
        pages.add(server());
        pages.add(configurationFile(configuration));
        return pages;
    }

    /// One of the whole, and one of each of its commands.
    List<ManPage> controlTool() throws Exception {
        Help whole = new Help(programs.controlTool("--help"));
        Map<String, String> commands = rows(whole.section("COMMANDS"));
        ManPage page = new ManPage("llmproxyctl", 1, date, version, "manages llmproxy: tenants, users, keys, providers, limits and their usage");
        page.heading("SYNOPSIS").verbatim(whole.section("USAGE"));
        page.heading("DESCRIPTION").paragraphs(whole.description());
        page.heading("COMMANDS").table(whole.section("COMMANDS"));
        page.heading("OPTIONS").paragraphs("They may stand anywhere on the line.").table(whole.section("GLOBAL OPTIONS (ANYWHERE ON THE LINE)"));
        page.heading("EXIT STATUS").table(whole.section("EXIT CODES"));
        page.heading("FILES").paragraphs("The server's socket is the first that is named or is there of:").verbatim(whole.section("THE SERVER"));
        page.heading("EXAMPLES").verbatim(whole.section("EXAMPLES"));
        page.heading("SEE ALSO").paragraphs(commands.keySet().stream().map(command -> "llmproxyctl-" + command + "(1)").collect(Collectors.joining(", "))
                + ", llmproxy(8), llmproxy.yaml(5)");
        List<ManPage> pages = new ArrayList<>(List.of(page));
        for (Map.Entry<String, String> command : commands.entrySet()) {
            pages.add(controlCommand(command.getKey(), command.getValue()));
        }
        return pages;
    }

    private ManPage controlCommand(String name, String title) throws Exception {
        Help help = new Help(programs.controlTool(name, "--help"));
        ManPage page = new ManPage("llmproxyctl-" + name, 1, date, version, title.replaceFirst("[.]$", "").replace("`", ""));
        page.heading("SYNOPSIS").verbatim(help.section("USAGE"));
        page.heading("DESCRIPTION").paragraphs(help.description());
        String verbs = help.section("COMMANDS");
        if (verbs.isEmpty()) {
            details(page, help);
        } else {
            page.heading("COMMANDS");
            for (String verb : rows(verbs).keySet()) {
                Help of = new Help(programs.controlTool(name, verb, "--help"));
                page.subheading(of.section("USAGE").strip()).paragraphs(of.description());
                details(page, of);
            }
        }
        page.heading("SEE ALSO").paragraphs("llmproxyctl(1) for the options that all commands have and for the exit status, llmproxy(8)");
        return page;
    }

    private static void details(ManPage page, Help help) {
        page.table(help.section("ARGUMENTS")).table(help.section("OPTIONS"));
        if (!help.section("EXAMPLES").isEmpty()) {
            page.paragraphs("Examples:").verbatim(help.section("EXAMPLES"));
        }
    }

    private ManPage server() throws Exception {
        ManPage page = new ManPage("llmproxy", 8, date, version, "gateway and proxy for large language models");
        page.heading("SYNOPSIS").verbatim("llmproxy serve|demo|bench|check-config|admin-token|version [OPTIONS]");
        page.heading("DESCRIPTION").verbatim(programs.server("--help"));
        for (String command : List.of("serve", "check-config", "admin-token", "demo", "bench")) {
            page.heading("LLMPROXY " + command.toUpperCase(Locale.ROOT)).verbatim(programs.server(command, "--help"));
        }
        page.heading("UNITS")
                .entry("llmproxy@TENANT.service", "one tenant in a process of its own")
                .entry("llmproxy.service", "all tenants of one database in one process; its directories are called _all");
        page.heading("FILES")
                .entry("/etc/llmproxy/llmproxy.yaml", "the configuration of all instances, see llmproxy.yaml(5)")
                .entry("/var/lib/llmproxy/TENANT", "database, journal and master key of an instance")
                .entry("/run/llmproxy/TENANT/admin.sock", "where llmproxyctl reaches it")
                .entry("/usr/share/doc/llmproxy", "changes, licences, list of components, examples for Grafana and Prometheus");
        page.heading("SEE ALSO").paragraphs("llmproxyctl(1), llmproxy.yaml(5), systemctl(1), journalctl(1)");
        return page;
    }

    ManPage configurationFile(String text) {
        ManPage page = new ManPage("llmproxy.yaml", 5, date, version, "configuration of llmproxy");
        new ConfigurationPage(page).write(text);
        page.heading("FILES").entry("/etc/llmproxy/llmproxy.yaml", "read by all instances that systemd starts");
        page.heading("SEE ALSO").paragraphs("llmproxy(8), llmproxyctl(1)");
        return page;
    }

    private static Map<String, String> rows(String section) {
        Map<String, String> rows = new LinkedHashMap<>();
        section.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(line -> {
            String[] parts = line.split(" {2,}", 2);
            rows.put(parts[0], parts.length > 1 ? parts[1] : "");
        });
        return rows;
    }

    /// What `--help` of llmproxyctl prints: a description, and sections that end at the next empty line.
    private record Help(String text) {
        String description() {
            return text.substring(0, text.indexOf("\n\n"));
        }

        String section(String heading) {
            int at = ("\n" + text).indexOf("\n" + heading + "\n");
            if (at < 0) {
                return "";
            }
            int from = at + heading.length() + 1;
            int end = text.indexOf("\n\n", from);
            return text.substring(from, end < 0 ? text.length() : end + 1).stripIndent();
        }
    }
}
