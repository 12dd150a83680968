import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import module java.base;
import module java.net.http;

/// Builds `target/llmproxy`: a Java runtime cut to size (jlink), the jars (Jars.java), the two launchers and their AOT caches. The build
/// runs it as a source program on its JDK 25: `BuildImage.java TARGET BASEDIR JAR STAMP JDK`, where JDK is `own`, or the directory
/// of the same version for another kind of processor, with its `jmods`: that image has no caches, for nothing here can run it.
///
/// The caches are trained on real work: the image's own server on an empty temporary directory, made a tenant, two
/// providers and a key by the image's own `llmproxyctl`, asked for chats, and stopped by SIGTERM. A JVM takes a cache only
/// with the runtime, the class path and the flags that it was trained with, and tells a replaced jar by its time and size
/// alone: so one run of this program makes all of them, and launchers and training share the flags below.

/// jdeps names java.desktop too (beans support of Jackson and Flyway, H2's console): nothing here runs it.
static final String MODULES = "java.base,java.instrument,java.logging,java.management,java.naming,java.security.jgss,java.sql,"
        + "java.xml,jdk.crypto.ec,jdk.jfr,jdk.management,jdk.net,jdk.unsupported";

/// Warnings of the JVM belong on standard error: standard output is for the ready line and for `-o json`. Those about the
/// cache are off: a cache that does not fit costs speed and nothing else, and even a good one draws some; so are those of a
/// system that has no huge pages to give.
static final List<String> COMMON_FLAGS = List.of(
        "-Xlog:disable", "-Xlog:all=warning:stderr", "-Xlog:aot*=off:stderr", "-Xlog:pagesize=off:stderr",
        "--enable-native-access=ALL-UNNAMED");

/// A small process, however much memory the machine has: nearly all that a request allocates is garbage when its answer is
/// out, so the collector is the one without threads and tables of its own, in a heap that begins at 128 MB and grows, up to
/// half of the memory, only when what lives in it does (docs/benchmarks.md); survivor spaces that hold what a round of the
/// ledger moves, so that it dies young, and six collections to die in: what lives longer would be copied nine times more, in
/// pauses that requests wait for, before it is promoted all the same. Compressed oops are named so that a machine of
/// 64 GB and more does not lose them, and the cache with them. Threads of the system wait for the sockets, a quarter as many as
/// processors and at least one: by default virtual threads do it, which queue behind the very requests that they are to wake.
/// Huge pages where the system leaves the choice to the program (`madvise`): a request walks over much memory for its size.
/// Out of memory ends the process with exit code 1 and a report, for the service manager to start it anew: the ready-made
/// ExitOnOutOfMemoryError would exit 3, which means "the port is taken" here.
static final List<String> SERVER_FLAGS = List.of(
        "-XX:+UseSerialGC",
        "-Xms128m",
        "-XX:NewSize=60m",
        "-XX:SurvivorRatio=6",
        "-XX:TargetSurvivorRatio=90",
        "-XX:MaxTenuringThreshold=6",
        "-XX:MinHeapFreeRatio=10",
        "-XX:MaxHeapFreeRatio=30",
        // what a burst had the heap widened by goes back with the next full collection, not a tenth of it with the one after that
        "-XX:-ShrinkHeapInSteps",
        "-XX:MaxRAMPercentage=50",
        "-XX:+UseCompressedOops",
        "-XX:+UseCompactObjectHeaders",
        "-XX:+UseTransparentHugePages",
        "-Djdk.pollerMode=1",
        // each thread keeps a copy outside the heap of the largest piece that it ever wrote, and the database writes megabytes
        "-Djdk.nio.maxCachedBufferSize=262144",
        // what the compilers had of the C library's heap goes back: 40 MB after the first minutes of load
        "-XX:TrimNativeHeapInterval=20000",
        "-XX:+CrashOnOutOfMemoryError",
        "-XX:-CreateCoredumpOnCrash");

/// A command that lives for a tenth of a second: no second compiler, no collector threads, no shared statistics file.
static final List<String> CLI_FLAGS = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData");

static final Program SERVER = new Program("llmproxy", "io.llmproxy.Main", "LLMPROXY_JAVA_OPTS", SERVER_FLAGS);
static final Program CLI = new Program("llmproxyctl", "io.llmproxy.cli.Main", "LLMPROXYCTL_JAVA_OPTS", CLI_FLAGS);

static final long MAX_BYTES = 140_000_000;
static final String UPSTREAM_KEY = "TRAINING_UPSTREAM_KEY";

/// One launcher of the image: its name, main class, the variable with the user's own JVM options, and its fixed ones.
record Program(String name, String mainClass, String optionsVariable, List<String> flags) {
    Path launcher(Path image) {
        return image.resolve("bin", name);
    }

    Path cache(Path image) {
        return image.resolve("lib", name + ".aot");
    }

    List<String> allFlags() {
        return Stream.concat(COMMON_FLAGS.stream(), flags.stream()).toList();
    }
}

/// Where the server that is being trained answers.
record Ready(URI gateway, URI admin, String socket) {
    static Ready parse(String line) {
        Map<String, String> words = new HashMap<>();
        for (String word : line.split(" ")) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                words.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return new Ready(URI.create(words.get("gateway")), URI.create(words.get("admin")), words.get("socket"));
    }
}

void main(String[] args) throws Exception {
    Path target = Path.of(args[0]).toAbsolutePath();
    Path base = Path.of(args[1]);
    Path image = target.resolve("llmproxy");
    long start = System.nanoTime();
    Jars.deleteTree(image);
    boolean own = args[4].equals("own");
    linkRuntime(image.resolve("runtime"), target.resolve("image-excluded.txt"), own ? List.of() : foreignModules(Path.of(args[4])));
    new Jars(image.resolve("lib"), base.resolve("LICENSE")).fill(target, target.resolve(args[2]));
    copyTree(base.resolve("conf"), image.resolve("conf"));
    Files.copy(base.resolve("LICENSE"), image.resolve("LICENSE"));
    Instant stamp = Instant.parse(args[3]);
    writeLauncher(image, SERVER, stamp);
    writeLauncher(image, CLI, stamp);
    writeChecksums(image.resolve("lib"));
    Files.writeString(image.resolve("lib/sources.sha256"), checksum(checksums(base, sources(base))) + "\n");
    normalize(image, stamp);
    long linked = System.nanoTime();
    if (!own) {
        System.out.printf(Locale.ROOT, "image %.1f MB for another kind of processor, without caches%n", size(image) / 1e6);
        return;
    }

    Path log = target.resolve("image-training.log");
    Files.deleteIfExists(log);
    try {
        train(image, log);
        checkCaches(image, log);
    } catch (Exception e) {
        System.err.println("training the image's caches failed: " + e + "\nthe end of " + log + ":");
        lastLines(log, 60).forEach(System.err::println);
        System.exit(1);
    }
    normalize(image, stamp);
    report(image, linked - start, System.nanoTime() - linked);
}

/// What the modules bring along that nothing here reads: the XML parser and transformer, which java.sql has for the names in its
/// interfaces (the settings of JFR have a parser of their own); the LDAP client of JNDI, which the database's drivers have for the
/// same reason; the names of Unicode's characters. jlink wants every package of a module to hold something, so the smallest class
/// of each stays.
List<String> unread() throws IOException {
    Path root = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");
    Map<Path, List<Path>> packages = new HashMap<>();
    for (String tree : List.of("java.xml/com/sun/org/apache", "java.naming/com/sun/jndi/ldap")) {
        try (Stream<Path> files = Files.walk(root.resolve(tree))) {
            packages.putAll(files.filter(Files::isRegularFile).collect(Collectors.groupingBy(Path::getParent)));
        }
    }
    List<String> excluded = new ArrayList<>(List.of("/java.base/java/lang/uniName.dat"));
    for (List<Path> files : packages.values()) {
        Map<Path, Long> sizes = new HashMap<>();
        for (Path file : files) {
            // what is no class comes last: a package of text alone is none
            sizes.put(file, file.toString().endsWith(".class") ? Files.size(file) : Long.MAX_VALUE);
        }
        files.stream()
                .sorted(Comparator.<Path, Long>comparing(sizes::get).thenComparing(Path::toString))
                .skip(1)
                .forEach(f -> excluded.add("/" + root.relativize(f)));
    }
    Collections.sort(excluded);
    return excluded;
}

/// jlink takes modules of its own version alone, and its message about others does not say so.
List<String> foreignModules(Path jdk) throws IOException {
    if (!Files.isDirectory(jdk.resolve("jmods"))) {
        throw new IllegalArgumentException(jdk + " has no jmods: some JDKs come without, and have them in an archive of their own");
    }
    Properties release = new Properties();
    try (BufferedReader text = Files.newBufferedReader(jdk.resolve("release"))) {
        release.load(text);
    }
    String version = release.getProperty("JAVA_VERSION", "").replace("\"", "");
    String own = System.getProperty("java.version");
    if (!version.equals(own)) {
        throw new IllegalArgumentException(jdk + " is of version " + version + ", the build runs on " + own + ": both must be the same");
    }
    return List.of("--module-path", jdk.resolve("jmods").toString());
}

void linkRuntime(Path runtime, Path excluded, List<String> modules) throws IOException {
    Files.write(excluded, unread());
    List<String> arguments = new ArrayList<>(modules);
    arguments.addAll(List.of(
            "--add-modules", MODULES, "--strip-debug", "--no-header-files", "--no-man-pages",
            "--compress=zip-9", "--exclude-resources=@" + excluded, "--output", runtime.toString()));
    int status = ToolProvider.findFirst("jlink").orElseThrow().run(System.out, System.err, arguments.toArray(String[]::new));
    if (status != 0) {
        throw new IllegalStateException("jlink of " + runtime + " exited with " + status);
    }
    // five megabytes of names that only a debugger reads, and what only compilers and the making of caches use
    SymbolTables.strip(runtime);
    Files.delete(runtime.resolve("lib/jrt-fs.jar"));
    Files.delete(runtime.resolve("lib/classlist"));
    // sorts long arrays of numbers faster on some processors; there are none here
    Files.deleteIfExists(runtime.resolve("lib/libsimdsort.so"));
}

/// The JVM takes a cache only while every jar has the time that it was trained with, and a plain `cp -r` gives them all a
/// new one. The launcher gives jars that are the same, byte for byte, their time back; where it may not, the program starts
/// without the cache, slower and in silence.
void writeLauncher(Path image, Program program, Instant stamp) throws IOException {
    Path launcher = program.launcher(image);
    Files.createDirectories(launcher.getParent());
    Files.writeString(launcher, """
            #!/bin/sh
            # %1$s on the Java of its own image, wherever that lies. JVM options of your own: %2$s.
            self=$0
            [ ! -L "$self" ] || self=$(readlink -f -- "$self")
            case $self in */*) ;; *) self=./$self ;; esac
            home=$(CDPATH='' cd -- "${self%%/*}/.." && pwd -P) || exit 1
            cache=-XX:AOTCache=$home/lib/%1$s.aot
            # the cache is good for jars of this time only, and a plain cp -r changes it: give the same jars their time back
            if [ "$(stat -c %%Y -- "$home/lib/llmproxy.jar" 2>&1)" != %5$d ]; then
                (cd -- "$home/lib" && sha256sum --status -c jars.sha256 && touch -c -d @%5$d -- *.jar) 2>/dev/null ||
                    cache=-XX:AOTMode=off
            fi
            # two heaps of the C library for all threads, not eight for each processor: what one gives back, another takes
            export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
            set -f
            # shellcheck disable=SC2086 # the options are words
            exec "$home/runtime/bin/java" "$cache" "-Dllmproxy.program=$0" \\
                %3$s \\
                $%2$s -cp "$home/lib/llmproxy.jar" %4$s "$@"
            """.formatted(
                    program.name(), program.optionsVariable(), String.join(" ", program.allFlags()), program.mainClass(),
                    stamp.getEpochSecond()));
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
}

void writeChecksums(Path lib) throws Exception {
    try (Stream<Path> jars = Files.list(lib)) {
        Files.writeString(lib.resolve("jars.sha256"), checksums(lib, jars.toList()));
    }
}

void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
        for (Path file : files.toList()) {
            Files.copy(file, to.resolve(from.relativize(file)));
        }
    }
}

/// All that the image is made of. One checksum over those of these files tells a benchmark whether the image is that of the
/// sources beside it (bench/lib.sh computes the same): times do not, since the image's are fixed.
List<Path> sources(Path base) throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String root : List.of("pom.xml", "src/main", "cli/src/main", "packaging/jlink", "conf")) {
        try (Stream<Path> files = Files.walk(base.resolve(root))) {
            files.filter(Files::isRegularFile).forEach(sources::add);
        }
    }
    return sources;
}

/// As sha256sum prints them, by name.
String checksums(Path directory, List<Path> files) throws Exception {
    SortedMap<String, Path> names = new TreeMap<>();
    files.forEach(file -> names.put(directory.relativize(file).toString(), file));
    StringBuilder sums = new StringBuilder();
    for (Map.Entry<String, Path> file : names.entrySet()) {
        sums.append(checksum(Files.readAllBytes(file.getValue()))).append("  ").append(file.getKey()).append('\n');
    }
    return sums.toString();
}

String checksum(String text) throws Exception {
    return checksum(text.getBytes(StandardCharsets.UTF_8));
}

String checksum(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
}

/// The same modes and times whatever the builder's umask and clock, before the training as after it.
void normalize(Path image, Instant stamp) throws IOException {
    try (Stream<Path> files = Files.walk(image)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            if (Files.isSymbolicLink(file)) {
                continue;
            }
            boolean executable = Files.isDirectory(file) || Files.isExecutable(file);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
            Files.setLastModifiedTime(file, FileTime.from(stamp));
        }
    }
}

void train(Path image, Path log) throws Exception {
    // a socket's path is 107 bytes at most, and a build's temporary directory may be longer
    Path shortest = Files.isWritable(Path.of("/tmp")) ? Path.of("/tmp") : Path.of(System.getProperty("java.io.tmpdir"));
    Path data = Files.createTempDirectory(shortest, "llmproxy");
    HttpServer upstream = upstream();
    // the very first start migrates the database; the cache is for the many that follow, and smaller without that
    Process first = serve(image, data, log, "-XX:AOTMode=off");
    try {
        awaitReady(first, log);
        stop(first);
    } finally {
        first.destroyForcibly();
    }
    Process server = serve(image, data, log, recording(SERVER, image));
    try {
        Ready ready = awaitReady(server, log);
        run(java(image, CLI, recording(CLI, image)), log, "--socket", ready.socket(), "status");
        drive(image, ready, upstream.getAddress().getPort(), log);
        stop(server);
    } finally {
        server.destroyForcibly();
        upstream.stop(0);
        Jars.deleteTree(data);
    }
}

Process serve(Path image, Path data, Path log, String... cacheFlags) throws IOException {
    List<String> command = java(image, SERVER, cacheFlags);
    command.addAll(List.of("serve", "--data-dir", data.toString(), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"));
    ProcessBuilder builder = process(command).directory(data.toFile()).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().put(UPSTREAM_KEY, "sk-training");
    return builder.start();
}

/// By SIGTERM; writing the cache is part of the exit.
void stop(Process server) throws InterruptedException {
    server.destroy();
    if (!server.waitFor(3, TimeUnit.MINUTES) || server.exitValue() != 0) {
        throw new IllegalStateException("the server did not stop with 0 at SIGTERM: " + server);
    }
}

/// Reads standard output up to the ready line, and leaves a thread behind that reads on.
Ready awaitReady(Process server, Path log) throws Exception {
    CompletableFuture<Ready> ready = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> {
        try (BufferedReader lines = server.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Files.writeString(log, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                if (line.startsWith("llmproxy ready ")) {
                    ready.complete(Ready.parse(line));
                }
            }
            ready.completeExceptionally(new IllegalStateException("the server ended before its ready line"));
        } catch (IOException | RuntimeException e) {
            ready.completeExceptionally(e);
        }
    });
    return ready.get(2, TimeUnit.MINUTES);
}

/// What the first minutes of an installation look like.
void drive(Path image, Ready ready, int upstreamPort, Path log) throws Exception {
    List<String> ctl = List.of(CLI.launcher(image).toString(), "--socket", ready.socket());
    List<String> acme = Stream.concat(ctl.stream(), Stream.of("-t", "acme")).toList();
    run(ctl, log, "tenant", "create", "acme");
    run(acme, log, "provider", "create", "sim", "--type", "simulated",
            "--base-url", "simulated:?first-byte=1ms&tokens-per-second=1000&tokens=20");
    run(acme, log, "provider", "create", "up", "--type", "openai",
            "--base-url", "http://127.0.0.1:" + upstreamPort + "/v1", "--api-key-env", UPSTREAM_KEY);
    String key = run(acme, log, "key", "create", "training", "-q").strip();

    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
        for (int round = 0; round < 5; round++) {
            for (String provider : List.of("sim", "up")) {
                for (boolean stream : List.of(true, false)) {
                    expect(200, client, ready.gateway(), key, "/v1/chat/completions", """
                            {"model":"%s/small","stream":%s,"messages":[{"role":"user","content":"Hello"}]}"""
                            .formatted(provider, stream));
                }
            }
        }
        expect(200, client, ready.gateway(), key, "/v1/embeddings", "{\"model\":\"up/small\",\"input\":\"Hello\"}");
        expect(200, client, ready.gateway(), key, "/v1/models", null);
        expect(400, client, ready.gateway(), key, "/v1/chat/completions", "{");
        expect(401, client, ready.gateway(), "llmp_" + "0".repeat(43), "/v1/models", null);
        expect(200, client, ready.admin(), key, "/health/ready", null);
        expect(200, client, ready.admin(), key, "/metrics", null);
    }
    run(acme, log, "usage", "report", "-o", "json");
    run(acme, log, "key", "list");
    run(ctl, log, "status");
}

void expect(int status, HttpClient client, URI base, String key, String path, String body) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path))
            .timeout(Duration.ofSeconds(30))
            .header("authorization", "Bearer " + key);
    if (body != null) {
        request.header("content-type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
    }
    HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != status) {
        throw new IllegalStateException(
                path + " answered " + answer.statusCode() + " instead of " + status + ": " + answer.body());
    }
}

/// An OpenAI-format provider on loopback, so that the upstream client is trained too.
HttpServer upstream() throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/chat/completions", exchange -> {
        boolean stream = new String(exchange.getRequestBody().readAllBytes(), UTF_8).contains("\"stream\":true");
        if (stream) {
            answerStream(exchange);
        } else {
            answer(exchange, "application/json", """
                    {"id":"c1","object":"chat.completion","created":1,"model":"small","choices":[{"index":0,"finish_reason":"stop",\
                    "message":{"role":"assistant","content":"Hello"}}],\
                    "usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}""");
        }
    });
    server.createContext("/v1/embeddings", exchange -> answer(exchange, "application/json", """
            {"object":"list","model":"small","data":[{"object":"embedding","index":0,"embedding":[0.25,0.5]}],\
            "usage":{"prompt_tokens":1,"total_tokens":1}}"""));
    server.createContext("/v1/models", exchange -> answer(exchange, "application/json", """
            {"object":"list","data":[{"id":"small","object":"model","created":1,"owned_by":"training"}]}"""));
    server.start();
    return server;
}

static final Charset UTF_8 = StandardCharsets.UTF_8;

void answer(HttpExchange exchange, String type, String body) throws IOException {
    try (exchange) {
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("content-type", type);
        byte[] bytes = body.getBytes(UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}

void answerStream(HttpExchange exchange) throws IOException {
    try (exchange) {
        exchange.getResponseHeaders().set("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        for (int i = 0; i < 20; i++) {
            out.write("""
                    data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"small",\
                    "choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}

                    """.getBytes(UTF_8));
            out.flush();
        }
        out.write("""
                data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"small","choices":[],\
                "usage":{"prompt_tokens":5,"completion_tokens":20,"total_tokens":25}}

                data: [DONE]

                """.getBytes(UTF_8));
    }
}

/// A cache that the JVM refuses costs nothing but the speed, and says nothing: make it say so.
void checkCaches(Path image, Path log) throws Exception {
    for (Program program : List.of(SERVER, CLI)) {
        List<String> command = List.of(program.launcher(image).toString(), program == SERVER ? "version" : "--help");
        ProcessBuilder builder = process(command);
        builder.environment().put(program.optionsVariable(), "-XX:AOTMode=on -Xlog:aot*=warning:stderr");
        await(builder, log, command);
    }
}

/// Classes, not the profiles of their methods: those of a few requests are 3 MB, and the start is a tenth quicker without.
String[] recording(Program program, Path image) {
    return new String[] {"-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTRecordTraining", "-XX:AOTCacheOutput=" + program.cache(image)};
}

List<String> java(Path image, Program program, String... cacheFlags) {
    List<String> command = new ArrayList<>(List.of(image.resolve("runtime/bin/java").toString()));
    command.addAll(List.of(cacheFlags));
    command.addAll(program.allFlags());
    command.addAll(List.of("-cp", image.resolve("lib/llmproxy.jar").toString(), program.mainClass()));
    return command;
}

String run(List<String> command, Path log, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(arguments));
    return await(process(all), log, List.of(arguments));
}

/// What the command printed on standard output. Its standard error goes to the log; a key that it prints does not.
String await(ProcessBuilder builder, Path log, List<String> shown) throws Exception {
    Files.writeString(log, "$ " + String.join(" ", shown) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    Process process = builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) {
        process.destroyForcibly();
        Files.writeString(log, output, StandardOpenOption.APPEND);
        throw new IllegalStateException(String.join(" ", shown) + " exited with " + process.waitFor());
    }
    return output;
}

/// A process without the builder's own settings of Java, of systemd and of llmproxy.
ProcessBuilder process(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("LLMPROXY")
            || Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JDK_AOT_VM_OPTIONS", "NOTIFY_SOCKET",
                            "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "CREDENTIALS_DIRECTORY", "CONFIGURATION_DIRECTORY")
                    .contains(name));
    return builder;
}

void report(Path image, long linkNanos, long trainNanos) throws IOException {
    long runtime = size(image.resolve("runtime"));
    long serverCache = Files.size(SERVER.cache(image));
    long cliCache = Files.size(CLI.cache(image));
    long total = size(image);
    System.out.printf(Locale.ROOT, "image %.1f MB: runtime %.1f, jars %.1f, %s.aot %.1f, %s.aot %.1f; linked in %.1f s, trained in %.1f s%n",
            total / 1e6, runtime / 1e6, (size(image.resolve("lib")) - serverCache - cliCache) / 1e6,
            SERVER.name(), serverCache / 1e6, CLI.name(), cliCache / 1e6, linkNanos / 1e9, trainNanos / 1e9);
    if (total > MAX_BYTES) {
        System.err.printf("the image is larger than %d MB%n", MAX_BYTES / 1_000_000);
        System.exit(1);
    }
}

long size(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
        long bytes = 0;
        for (Path file : files.filter(Files::isRegularFile).toList()) {
            bytes += Files.isSymbolicLink(file) ? 0 : Files.size(file);
        }
        return bytes;
    }
}

List<String> lastLines(Path log, int count) throws IOException {
    List<String> lines = Files.exists(log) ? new String(Files.readAllBytes(log), UTF_8).lines().toList() : List.of();
    return lines.subList(Math.max(0, lines.size() - count), lines.size());
}
