import module java.base;

/// Makes what a package has beside the image, below `TARGET/packages/share`: manual pages, completions, the changelog, licences,
/// the list of components, examples; and `TARGET/llmproxy-VERSION-linux-ARCH.tar.gz`, the image with all that. The build runs it as a
/// source program with the image's jars: `Share.java TARGET BASEDIR VERSION STAMP ARCH`.

/// How the packages of this version are numbered; one that is built anew from the same sources has a higher one.
static final String REVISION = "1";

Path target;
Path base;
Path image;
Path share;
Instant stamp;
String version;

void main(String[] args) throws Exception {
    target = Path.of(args[0]).toAbsolutePath();
    base = Path.of(args[1]).toAbsolutePath();
    version = args[2];
    stamp = Instant.parse(args[3]);
    image = target.resolve("llmproxy");
    share = target.resolve("packages/share");
    deleteTree(target.resolve("packages"));
    Programs programs = new Programs(image.resolve("lib"));
    for (ManPage page : new Manual(programs, stamp, version).pages(Files.readString(base.resolve("conf/llmproxy.yaml")))) {
        gzip(page.path(), page.text());
    }
    completions(programs);
    documents();
    write(target.resolve("packages/packaging/instances"), Files.readString(base.resolve("packaging/scripts/instances")));
    normalize(target.resolve("packages"));
    archive("llmproxy-" + version + "-linux-" + args[4]);
}

void completions(Programs programs) throws Exception {
    Map<String, String> places = Map.of(
            "bash", "bash-completion/completions/llmproxyctl",
            "zsh", "zsh/vendor-completions/_llmproxyctl",
            "fish", "fish/vendor_completions.d/llmproxyctl.fish");
    for (Map.Entry<String, String> place : places.entrySet()) {
        // a shell reads it where it lies: no program, for all its first line
        write(share.resolve(place.getValue()), programs.controlTool("completion", place.getKey()).replaceFirst("^#!.*\n", ""));
    }
}

void documents() throws IOException {
    Path doc = Path.of("doc/llmproxy");
    Path components = target.resolve("llmproxy.cdx.json");
    gzip(doc.resolve("changelog.gz"), Files.readString(base.resolve("CHANGELOG.md")));
    gzip(doc.resolve("changelog.Debian.gz"), debianChangelog());
    gzip(doc.resolve("third-party.txt.gz"), new Licences(base, image.resolve("lib")).text(components));
    copy("packaging/deb/copyright", doc.resolve("copyright"));
    copy("conf/llmproxy.yaml", doc.resolve("examples/llmproxy.yaml"));
    Files.copy(components, share.resolve(doc).resolve("llmproxy.cdx.json"));
    for (String directory : List.of("grafana", "prometheus")) {
        try (Stream<Path> files = Files.list(base.resolve("conf").resolve(directory))) {
            for (Path file : files.sorted().toList()) {
                copy(base.relativize(file).toString(), doc.resolve("examples").resolve(directory).resolve(file.getFileName()));
            }
        }
    }
    copy("packaging/deb/lintian-overrides", Path.of("lintian/overrides/llmproxy"));
}

/// Debian wants one of the packaging beside that of the program.
String debianChangelog() {
    String date = DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss Z", Locale.ROOT).withZone(ZoneOffset.UTC).format(stamp);
    return """
            llmproxy (%s-%s) stable; urgency=medium

              * Packaged by the program's own build; its changes are in changelog.gz.

             -- llmproxy <packages@llmproxy.io>  %s
            """.formatted(version.replace("-", "~"), REVISION, date);
}

/// In an order and with times and owners that are the same in each build.
void archive(String name) throws Exception {
    Path archive = target.resolve(name + ".tar.gz");
    Path tar = target.resolve(name + ".tar");
    Files.deleteIfExists(archive);
    await(new ProcessBuilder("tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu", "--mtime=@" + stamp.getEpochSecond(),
            "--exclude=share/lintian", "--transform=s,^llmproxy," + name + ",;s,^share," + name + "/share,", "-cf", tar.toString(),
            "-C", target.toString(), "llmproxy", "-C", share.getParent().toString(), "share"));
    // without its name and its time in it
    await(new ProcessBuilder("gzip", "-n", "-6", tar.toString()));
}

void await(ProcessBuilder builder) throws Exception {
    Process process = builder.inheritIO().start();
    if (process.waitFor() != 0) {
        throw new IllegalStateException(builder.command() + " exited with " + process.exitValue());
    }
}

void copy(String from, Path to) throws IOException {
    write(share.resolve(to), Files.readString(base.resolve(from)));
}

void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
}

/// Without a time in its head, so that two builds give the same bytes; but with the mark of the best compression, which Java's own
/// writer leaves out and Debian's checks look for.
void gzip(Path below, String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes) {
        {
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }) {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    byte[] packed = bytes.toByteArray();
    packed[8] = 2;
    Path file = share.resolve(below);
    Files.createDirectories(file.getParent());
    Files.write(file, packed);
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
