import module java.base;

/// Makes what a package has beside the image, from the image itself: manual pages out of what the programs say of themselves,
/// completions, the changelog, and the archive of the image. The build runs it as a source program:
/// `Share.java TARGET BASEDIR VERSION STAMP`.

static final String DATE = "d MMMM yyyy";

/// One manual page: its name and section, what stands in its first line, and its parts.
record Page(String name, int section, String title, List<Part> parts) {}

record Part(String heading, String text) {}

Path image;
Path share;
Instant stamp;
String version;

void main(String[] args) throws Exception {
    Path target = Path.of(args[0]).toAbsolutePath();
    Path base = Path.of(args[1]).toAbsolutePath();
    version = args[2];
    stamp = Instant.parse(args[3]);
    image = target.resolve("llmproxy");
    share = target.resolve("packages/share");
    deleteTree(target.resolve("packages"));
    write(controlTool());
    write(server());
    write(configuration(base));
    completions();
    documents(base, target);
    archive(target);
    normalize(target.resolve("packages"));
}

/// Every command of llmproxyctl has its part: they are asked for in turn.
Page controlTool() throws Exception {
    List<Part> parts = new ArrayList<>();
    String whole = run("llmproxyctl", "--help");
    parts.add(new Part("SYNOPSIS", section(whole, "USAGE")));
    parts.add(new Part("DESCRIPTION", whole.substring(0, whole.indexOf("\n\n"))));
    for (String heading : List.of("COMMANDS", "GLOBAL OPTIONS (ANYWHERE ON THE LINE)", "EXIT CODES", "THE SERVER", "EXAMPLES")) {
        parts.add(new Part(heading.replaceAll(" \\(.*", "").replace("EXIT CODES", "EXIT STATUS"), section(whole, heading)));
    }
    for (String noun : names(section(whole, "COMMANDS"))) {
        String help = run("llmproxyctl", noun, "--help");
        String verbs = section(help, "COMMANDS");
        if (verbs.isEmpty()) {
            parts.add(command("llmproxyctl " + noun, help));
        } else {
            for (String verb : names(verbs)) {
                parts.add(command("llmproxyctl " + noun + " " + verb, run("llmproxyctl", noun, verb, "--help")));
            }
        }
    }
    parts.add(new Part("SEE ALSO", "llmproxy(8), llmproxy.yaml(5)"));
    return new Page("llmproxyctl", 1, "manages llmproxy: tenants, users, keys, providers, limits and their usage", parts);
}

/// The command's own sections, without the options that all have.
Part command(String name, String help) {
    StringBuilder text = new StringBuilder(help.substring(0, help.indexOf("\n\n"))).append("\n\n");
    for (String heading : List.of("USAGE", "ARGUMENTS", "OPTIONS", "EXAMPLES")) {
        String section = section(help, heading);
        if (!section.isEmpty()) {
            text.append(heading.charAt(0)).append(heading.substring(1).toLowerCase(Locale.ROOT)).append(":\n").append(section).append('\n');
        }
    }
    return new Part(name.toUpperCase(Locale.ROOT), text.toString());
}

Page server() throws Exception {
    List<Part> parts = new ArrayList<>();
    parts.add(new Part("DESCRIPTION", run("llmproxy", "--help")));
    for (String command : List.of("serve", "demo", "check-config", "bench")) {
        parts.add(new Part("LLMPROXY " + command.toUpperCase(Locale.ROOT), run("llmproxy", command, "--help")));
    }
    parts.add(new Part("FILES", """
            /etc/llmproxy/llmproxy.yaml        the configuration of all instances
            /etc/llmproxy/TENANT.env           the environment of one instance, for instance LLMPROXY_GATEWAY_LISTEN=0.0.0.0:8443
            /var/lib/llmproxy/TENANT           database, journal and master key of one instance
            /run/llmproxy/TENANT/admin.sock    where llmproxyctl reaches it"""));
    parts.add(new Part("SEE ALSO", "llmproxyctl(1), llmproxy.yaml(5), systemctl(1), journalctl(1)"));
    return new Page("llmproxy", 8, "gateway and proxy for large language models", parts);
}

Page configuration(Path base) throws IOException {
    return new Page("llmproxy.yaml", 5, "configuration of llmproxy", List.of(
            new Part("DESCRIPTION", Files.readString(base.resolve("conf/llmproxy.yaml"))),
            new Part("SEE ALSO", "llmproxy(8), llmproxyctl(1)")));
}

/// What stands below a heading, up to the next empty line.
String section(String help, String heading) {
    int at = ("\n" + help).indexOf("\n" + heading + "\n");
    if (at < 0) {
        return "";
    }
    int from = at + heading.length() + 1;
    int end = help.indexOf("\n\n", from);
    return help.substring(from, end < 0 ? help.length() : end + 1);
}

/// The first word of each line.
Set<String> names(String section) {
    return section.lines().map(String::strip).filter(l -> !l.isEmpty()).map(l -> l.split(" ", 2)[0])
            .collect(Collectors.toCollection(LinkedHashSet::new));
}

/// Text that is laid out already, as it is: man(7) with everything in no-fill mode.
void write(Page page) throws IOException {
    StringBuilder roff = new StringBuilder();
    String date = DateTimeFormatter.ofPattern(DATE, Locale.ROOT).withZone(ZoneOffset.UTC).format(stamp);
    roff.append(".TH \"%s\" %d \"%s\" \"llmproxy %s\"\n".formatted(page.name().toUpperCase(Locale.ROOT), page.section(), date, version));
    roff.append(".SH NAME\n").append(escaped(page.name())).append(" \\- ").append(escaped(page.title())).append('\n');
    for (Part part : page.parts()) {
        roff.append(".SH \"").append(escaped(part.heading())).append("\"\n.nf\n");
        part.text().stripTrailing().lines().forEach(line -> roff.append(escaped(line)).append('\n'));
        roff.append(".fi\n");
    }
    Path file = share.resolve("man/man" + page.section()).resolve(page.name() + "." + page.section() + ".gz");
    gzip(file, roff.toString().getBytes(StandardCharsets.UTF_8));
}

String escaped(String text) {
    String safe = text.replace("\\", "\\e").replace("-", "\\-");
    return safe.startsWith(".") || safe.startsWith("'") ? "\\&" + safe : safe;
}

void completions() throws Exception {
    Map<String, String> places = Map.of(
            "bash", "bash-completion/completions/llmproxyctl",
            "zsh", "zsh/vendor-completions/_llmproxyctl",
            "fish", "fish/vendor_completions.d/llmproxyctl.fish");
    for (Map.Entry<String, String> place : places.entrySet()) {
        Path file = share.resolve(place.getValue());
        Files.createDirectories(file.getParent());
        Files.writeString(file, run("llmproxyctl", "completion", place.getKey()));
    }
}

void documents(Path base, Path target) throws IOException {
    Path doc = share.resolve("doc/llmproxy");
    Files.createDirectories(doc);
    gzip(doc.resolve("changelog.gz"), Files.readAllBytes(base.resolve("CHANGELOG.md")));
    Files.copy(base.resolve("packaging/deb/copyright"), doc.resolve("copyright"));
    Path bom = target.resolve("llmproxy.cdx.json");
    if (Files.exists(bom)) {
        Files.copy(bom, doc.resolve("llmproxy.cdx.json"));
    }
    Path overrides = share.resolve("lintian/overrides/llmproxy");
    Files.createDirectories(overrides.getParent());
    Files.copy(base.resolve("packaging/deb/lintian-overrides"), overrides);
}

/// The image as it is, in an order and with times and owners that are the same in each build.
void archive(Path target) throws Exception {
    String name = "llmproxy-" + version + "-linux-" + architecture();
    Path archive = target.resolve(name + ".tar.gz");
    Files.deleteIfExists(archive);
    await(new ProcessBuilder("tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@" + stamp.getEpochSecond(),
            "--transform=s,^llmproxy," + name + ",", "-czf", archive.toString(), "-C", target.toString(), "llmproxy"));
}

String architecture() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
}

String run(String program, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(image.resolve("bin", program).toString()));
    command.addAll(List.of(arguments));
    return await(new ProcessBuilder(command));
}

String await(ProcessBuilder builder) throws Exception {
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
        throw new IllegalStateException(builder.command() + " exited with " + process.exitValue());
    }
    return output;
}

/// Without a time in it, so that two builds give the same bytes.
void gzip(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(file.getParent());
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file)) {
        {
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }) {
        out.write(bytes);
    }
}

void normalize(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(Files.isDirectory(file) ? "rwxr-xr-x" : "rw-r--r--"));
            Files.setLastModifiedTime(file, FileTime.from(stamp));
        }
    }
}

void deleteTree(Path directory) throws IOException {
    if (Files.exists(directory)) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
