import java.util.jar.Attributes;

import module java.base;

/// The jars of the image: what the program's manifest names, each without what nothing here runs. What is left out is named by
/// package, beside the reason; the image's tests run on what is left.
final class Jars {
    /// Of every entry, so that two builds of the same sources give the same jars.
    private static final LocalDateTime ENTRY_TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    /// What says how a library was built, or how another compiler would take it. Its version stands in the properties beside, where
    /// scanners for vulnerable libraries look for it.
    private static final Pattern OF_ITS_BUILD = Pattern.compile("META-INF/(maven/.*/pom[.]xml|native-image/.*|proguard/.*)");

    private static final Pattern LICENSE = Pattern.compile("META-INF/LICENSE([.]txt)?");

    private final Path lib;
    private final String license;

    /// @param lib the image's directory of jars
    /// @param license the text that lies in the image once, for all jars that bring the same
    Jars(Path lib, Path license) throws IOException {
        this.lib = lib;
        this.license = words(Files.readAllBytes(license));
    }

    private static String words(byte[] text) {
        return new String(text, StandardCharsets.UTF_8).strip().replaceAll("\\s+", " ");
    }

    /// Copies the program's jar and its libraries from the build's directory, and makes them small.
    void fill(Path target, Path jar) throws IOException {
        copy(target.resolve("lib"), jar);
        // the token tables of models that nobody serves any more (before gpt-3.5) are a quarter of their library
        drop("jtokkit", "com/knuddels/jtokkit/[pr]50k_base[.]tiktoken");
        // messages in other languages: logs are in English
        drop("postgresql", "org/postgresql/translation/messages_.*");
        // data sources for application servers: the pool asks the driver
        drop("postgresql", "org/postgresql/(ds|xa|osgi)/.*");
        // of the Redis library the connection and the protocol are used (docs/adr/012): not its clients with a method for every
        // command, its commands for modules, its pools, clusters and caches
        drop("jedis", "redis/clients/jedis/("
                + "(search|mcf|timeseries|bloom|json|csc|executors|params|providers|builders)/.*"
                + "|commands/(?!ProtocolCommand).*"
                + "|(Jedis(?!ClientConfig|SocketFactory|MetaInfo)|UnifiedJedis|Pipelin|CommandObject|Cluster|Multi|Transaction"
                + "|AbstractPipeline|AbstractTransaction|ReliableTransaction|StaticCommandFlags|RedisClient|RedisCluster"
                + "|RedisSentinel|Sharded).*[.]class)");
        // meters of libraries that are not here, and of the JVM by way of them
        drop("micrometer-core", "io/micrometer/core/(aop|ipc|instrument/(binder|dropwizard|logging))/.*");
        // of the HTTP library the parsing and framing of blocking streams is used (docs/adr/003)
        drop("httpcore5", "org/apache/hc/core5/(reactor|pool|http/nio|http/impl/nio|http/impl/bootstrap)/.*");
        // H2's console, its full-text search and its servers, but for the one by which processes hand the database over
        drop("h2", "org/h2/(server/(pg|web)|fulltext)/.*|org/h2/tools/(Console|GUIConsole|Server|Shell|Upgrade"
                + "|CreateCluster|ConvertTraceFile|ChangeFileEncryption|MultiDimension).*");
        // of OpenTelemetry its traces are used, not its metrics and logs (docs/adr/023)
        drop("opentelemetry-exporter-otlp-common", "io/opentelemetry/exporter/internal/otlp/(metrics|logs)/.*");
        drop("opentelemetry-exporter-otlp-common", "io/opentelemetry/proto/(collector/)?(metrics|logs|profiles)/.*");
        drop("opentelemetry-exporter-otlp", "io/opentelemetry/exporter/otlp/(http/)?(metrics|logs)/.*");
        // packed histograms and their logs: the meters have neither
        drop("HdrHistogram", "org/HdrHistogram/(packedarray/.*|Packed.*|HistogramLog.*|Synchronized.*)");
        dropResources();
        recompile(onlyFile(target.resolve("lib-sources"), "picocli-*-sources.jar"), target.resolve("picocli"));
        try (Stream<Path> jars = Files.list(lib)) {
            for (Path each : jars.filter(f -> f.toString().endsWith(".jar")).toList()) {
                slim(each);
            }
        }
    }

    /// Copies what the manifest's class path names and nothing else, so that a jar of an earlier build cannot slip in.
    private void copy(Path from, Path jar) throws IOException {
        Files.createDirectories(lib);
        Files.copy(jar, lib.resolve("llmproxy.jar"));
        try (JarFile file = new JarFile(jar.toFile())) {
            String classPath = file.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            for (String name : classPath.split(" ")) {
                Files.copy(from.resolve(name), lib.resolve(name));
            }
        }
    }

    private void drop(String library, String unused) throws IOException {
        try (FileSystem zip = FileSystems.newFileSystem(onlyFile(lib, library + "-[0-9]*.jar"))) {
            drop(zip, Pattern.compile("/(" + unused + ")"), library);
        }
    }

    private static void drop(FileSystem zip, Pattern unused, String library) throws IOException {
        List<Path> found;
        try (Stream<Path> files = Files.walk(zip.getPath("/"))) {
            found = files.filter(Files::isRegularFile)
                    .filter(f -> unused.matcher(f.toString()).matches())
                    .toList();
        }
        if (found.isEmpty()) {
            throw new IllegalStateException("nothing in " + library + " is called " + unused + ": its new version is other inside");
        }
        for (Path file : found) {
            Files.delete(file);
        }
    }

    /// H2 keeps its messages, the text of its HELP command and the pages of its console in a file within its jar.
    private void dropResources() throws IOException {
        try (FileSystem zip = FileSystems.newFileSystem(onlyFile(lib, "h2-*.jar"))) {
            Path packed = zip.getPath("/org/h2/util/data.zip");
            Path scratch = Files.createTempFile("h2", ".zip");
            try {
                Files.copy(packed, scratch, StandardCopyOption.REPLACE_EXISTING);
                try (FileSystem data = FileSystems.newFileSystem(scratch)) {
                    drop(data, Pattern.compile("/(org/h2/server/web/.*|org/h2/res/(_messages_(?!en[.]).*|.*[.]png|help[.]csv|javadoc.*))"), "h2");
                }
                Files.copy(scratch, packed, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.delete(scratch);
            }
        }
    }

    /// Compiles a library of ancient class files from its sources, for the caches to take it: they take none older than Java 6,
    /// and picocli's, which are of Java 5, are most of what llmproxyctl runs.
    private void recompile(Path sources, Path scratch) throws IOException {
        deleteTree(scratch);
        Path classes = scratch.resolve("classes");
        List<String> javac = new ArrayList<>(List.of(
                "--release", "25", "-nowarn", "-Xlint:none", "-proc:none", "-g:source,lines", "-d", classes.toString()));
        try (JarFile file = new JarFile(sources.toFile())) {
            for (JarEntry entry : file.stream().filter(e -> e.getName().matches("picocli/.*[.]java")).toList()) {
                Path source = scratch.resolve("sources").resolve(entry.getName());
                Files.createDirectories(source.getParent());
                Files.copy(file.getInputStream(entry), source);
                javac.add(source.toString());
            }
        }
        StringWriter messages = new StringWriter();
        PrintWriter out = new PrintWriter(messages);
        if (ToolProvider.findFirst("javac").orElseThrow().run(out, out, javac.toArray(String[]::new)) != 0) {
            throw new IllegalStateException("compiling " + sources + " failed:\n" + messages);
        }
        try (FileSystem zip = FileSystems.newFileSystem(onlyFile(lib, "picocli-*.jar"));
                Stream<Path> old = Files.walk(zip.getPath("/picocli"));
                Stream<Path> compiled = Files.walk(classes)) {
            for (Path file : old.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
            for (Path file : compiled.filter(Files::isRegularFile).sorted().toList()) {
                Path entry = zip.getPath(classes.relativize(file).toString());
                Files.createDirectories(entry.toAbsolutePath().getParent());
                Files.copy(file, entry);
            }
        }
        deleteTree(scratch);
    }

    /// The same jar, packed harder, its classes without what only debuggers and compilers read.
    private void slim(Path jar) throws IOException {
        Path slim = jar.resolveSibling(jar.getFileName() + ".slim");
        try (ZipInputStream from = new ZipInputStream(Files.newInputStream(jar));
                ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(slim))) {
            to.setLevel(Deflater.BEST_COMPRESSION);
            for (ZipEntry entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
                if (OF_ITS_BUILD.matcher(entry.getName()).matches()) {
                    continue;
                }
                byte[] bytes = from.readAllBytes();
                if (LICENSE.matcher(entry.getName()).matches() && words(bytes).equals(license)) {
                    continue;
                }
                ZipEntry copy = new ZipEntry(entry.getName());
                copy.setTimeLocal(ENTRY_TIME);
                to.putNextEntry(copy);
                to.write(entry.getName().endsWith(".class") ? new DebugNames(bytes).dropped() : bytes);
                to.closeEntry();
            }
        }
        Files.move(slim, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Path onlyFile(Path directory, String glob) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, glob)) {
            List<Path> found = new ArrayList<>();
            files.forEach(found::add);
            if (found.size() != 1) {
                throw new IllegalStateException(directory + " should have one " + glob + ", but has " + found);
            }
            return found.getFirst();
        }
    }

    static void deleteTree(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
