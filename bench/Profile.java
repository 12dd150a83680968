import module java.base;
import module jdk.jfr;

import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/// Sums the samples of a recording by what the code was doing, and prints a table: `Profile.java FILE REQUESTS CPU_US [GROUP]`.
/// A sample belongs to the first rule that a frame fits, from the innermost frame outwards.

record Rule(String group, Pattern frame) {}

static Rule rule(String group, String frame) {
    return new Rule(group, Pattern.compile(frame));
}

/// Frames are `package.Class.method`. What the JDK does counts for whom it does it; only where nobody of ours or of a
/// library is on the stack do the last rules name it.
static final List<Rule> RULES = List.of(
        rule("reading the head, its rules", "io[.]llmproxy[.]adapter[.]http[.](HeadReader|HeadRules|PathRules|AbsoluteForm).*"),
        rule("connection, client watch", "io[.]llmproxy[.]adapter[.]http[.](ClientWatch|ClientBytes|Stall|Connections|Http1Connection).*"),
        rule("sink: answer to the client", "io[.]llmproxy[.]adapter[.]http[.](Http1Sink|TimedWriter|AnswerHead|.*Sink).*"),
        rule("request as the gateway sees it", "io[.]llmproxy[.]adapter[.]http[.].*"),
        rule("header policy", "io[.]llmproxy[.](gateway[.](HeaderPolicy|.*AnswerHeaders)|domain[.]HeaderFields).*"),
        rule("scan of the body", "io[.]llmproxy[.]gateway[.]scan[.](Json|Splice|Multipart).*"),
        rule("usage tap", "io[.]llmproxy[.]gateway[.]scan[.].*"),
        rule("stage Authenticate", "io[.]llmproxy[.](gateway[.](stage[.]Authenticate|KeyRing)|domain[.]identity[.]KeyHash).*"),
        rule("stage Inspect, body reading", "io[.]llmproxy[.]gateway[.](stage[.](Inspect|BodyReader)|Spool).*"),
        rule("stage Route", "io[.]llmproxy[.](gateway[.](stage[.]Route|route)|runtime).*"),
        rule("stage Account", "io[.]llmproxy[.]gateway[.]stage[.]Account.*"),
        rule("stage Meter", "io[.]llmproxy[.]gateway[.]stage[.]Meter.*"),
        rule("stage Forward", "io[.]llmproxy[.]gateway[.]stage[.](Forward|Answer).*"),
        rule("other stages", "io[.]llmproxy[.]gateway[.]stage[.].*"),
        rule("usage record", "io[.]llmproxy[.](gateway[.]usage[.]UsageRecorder|domain[.](usage|Ids)).*"),
        rule("journal: fsync", ".*GroupSync[.].*"),
        rule("journal: append", "io[.]llmproxy[.]adapter[.]journal[.].*"),
        rule("ledger writer: database", "(io[.]llmproxy[.](adapter[.]jdbc|gateway[.]usage)|org[.]h2|com[.]zaxxer)[.].*"),
        rule("telemetry", "(io[.]llmproxy[.]adapter[.]telemetry|io[.]micrometer|io[.]helidon[.]metrics)[.].*"),
        rule("upstream: pool", ".*support[.](ConnectionPool|Connector|Deadline|Alarm).*"),
        rule("upstream: writing the request", ".*support[.](RequestHead|HttpCall)[.](send|write|head|put|append|exchange).*"),
        rule("upstream: reading the answer", "(io[.]llmproxy[.]adapter[.]provider[.]support[.](UpstreamInput|AnswerBody|.*Head).*"
                + "|org[.]apache[.]hc[.].*(Parser|InputBuffer|InputStream).*)"),
        rule("upstream: else", "(io[.]llmproxy[.]adapter[.]provider|org[.]apache[.]hc)[.].*"),
        rule("pipeline", "io[.]llmproxy[.].*"),
        rule("Helidon: sockets, accepting", "io[.]helidon[.].*"),
        rule("JDK: waiting for sockets (poller)", "sun[.]nio[.]ch[.](Poller|EPoll|KQueue).*"),
        rule("JDK: virtual threads' switching", "(java[.]lang[.]VirtualThread|jdk[.]internal[.]vm[.]|java[.]util[.]concurrent[.]).*"),
        rule("JDK: else", ".*"));

/// What a sample's innermost frames did, whoever asked for it.
static final Pattern SOCKET =
        Pattern.compile("(sun[.]nio[.]ch[.](SocketDispatcher|UnixDispatcher|Net|EPoll|Poller|NioSocketImpl|IOUtil).*|java[.]net[.]Socket.*)");
static final Pattern SWITCHING = Pattern.compile(
        "(java[.]lang[.]VirtualThread|jdk[.]internal[.]vm[.]Continuation|jdk[.]internal[.]misc[.]Unsafe[.](park|unpark)"
                + "|java[.]util[.]concurrent[.](ForkJoin|locks[.]LockSupport)).*");

static final class Sum {
    long cpu;
    long socket;
    long switching;
    long bytes;
    final Map<String, Long> frames = new HashMap<>();
    final Map<String, Long> classes = new HashMap<>();
}

void main(String[] args) throws IOException {
    Map<String, Sum> sums = new LinkedHashMap<>();
    RULES.forEach(r -> sums.put(r.group(), new Sum()));
    long collections = 0;
    double paused = 0;
    try (RecordingFile file = new RecordingFile(Path.of(args[0]))) {
        while (file.hasMoreEvents()) {
            RecordedEvent event = file.readEvent();
            switch (event.getEventType().getName()) {
                case "jdk.CPUTimeSample" -> addCpu(sums, event);
                case "jdk.ObjectAllocationSample" -> addBytes(sums, event);
                case "jdk.GarbageCollection" -> {
                    collections++;
                    paused += event.getDuration("sumOfPauses").toNanos() / 1e6;
                }
                default -> {}
            }
        }
    }
    print(sums, Double.parseDouble(args[1]), Double.parseDouble(args[2]));
    System.out.printf(Locale.ROOT, "%n%d collections, %.1f ms of pauses in sum%n", collections, paused);
    if (args.length > 3 && !args[3].isEmpty()) {
        Sum sum = Objects.requireNonNull(sums.get(args[3]), "no group `" + args[3] + "`; there are " + sums.keySet());
        top("CPU samples by frame", sum.frames);
        top("bytes by frame and class", sum.classes);
    }
}

void addCpu(Map<String, Sum> sums, RecordedEvent event) {
    List<String> stack = stack(event);
    if (stack.isEmpty()) {
        return;
    }
    Sum sum = sums.get(group(stack));
    sum.cpu++;
    List<String> inner = stack.subList(0, Math.min(6, stack.size()));
    if (inner.stream().anyMatch(f -> SOCKET.matcher(f).matches())) {
        sum.socket++;
    } else if (inner.stream().anyMatch(f -> SWITCHING.matcher(f).matches())) {
        sum.switching++;
    }
    sum.frames.merge(path(stack), 1L, Long::sum);
}

/// A sample's weight is what its thread has allocated since the last one. The first one of a thread therefore weighs what the
/// thread has allocated in all its life, and would hide all others: what is out of all proportion is left out.
static final long ABSURD_WEIGHT = 32L << 20;

void addBytes(Map<String, Sum> sums, RecordedEvent event) {
    if (event.getLong("weight") > ABSURD_WEIGHT) {
        return;
    }
    List<String> stack = stack(event);
    Sum sum = sums.get(group(stack.isEmpty() ? List.of("-") : stack));
    long weight = event.getLong("weight");
    sum.bytes += weight;
    sum.classes.merge(event.getClass("objectClass").getName() + " in " + path(stack), weight, Long::sum);
}

List<String> stack(RecordedEvent event) {
    return event.getStackTrace() == null
            ? List.of()
            : event.getStackTrace().getFrames().stream()
                    .filter(RecordedFrame::isJavaFrame)
                    .map(f -> f.getMethod().getType().getName() + "." + f.getMethod().getName())
                    .toList();
}

String group(List<String> stack) {
    for (String frame : stack) {
        for (Rule rule : RULES.subList(0, RULES.size() - 3)) {
            if (rule.frame().matcher(frame).matches()) {
                return rule.group();
            }
        }
    }
    return RULES.subList(RULES.size() - 3, RULES.size()).stream()
            .filter(r -> stack.stream().anyMatch(f -> r.frame().matcher(f).matches()))
            .findFirst()
            .orElseThrow()
            .group();
}

/// The innermost frames, the JDK's own shortened to the last.
String path(List<String> stack) {
    return stack.stream().limit(5).map(f -> f.replaceAll("^.*[.]([^.]+[.][^.]+)$", "$1")).collect(Collectors.joining(" < "));
}

void print(Map<String, Sum> sums, double requests, double cpuPerRequest) {
    double cpu = Math.max(1, sums.values().stream().mapToLong(s -> s.cpu).sum());
    double bytes = sums.values().stream().mapToLong(s -> s.bytes).sum();
    System.out.printf(Locale.ROOT, "%.0f samples; %.0f bytes allocated per request%n%n", cpu, bytes / requests);
    System.out.println("| where | CPU | of it sockets | of it switching threads | bytes per request | bytes |");
    System.out.println("|---|---|---|---|---|---|");
    sums.entrySet().stream()
            .filter(e -> e.getValue().cpu > 0 || e.getValue().bytes > 0)
            .sorted(Comparator.comparingLong(e -> -e.getValue().cpu))
            .forEach(e -> System.out.printf(
                    Locale.ROOT, "| %s | %.1f %% | %.1f %% | %.1f %% | %.0f | %.1f %% |%n",
                    e.getKey(),
                    100 * e.getValue().cpu / cpu,
                    100 * e.getValue().socket / cpu,
                    100 * e.getValue().switching / cpu,
                    e.getValue().bytes / requests,
                    100 * e.getValue().bytes / Math.max(1, bytes)));
}

void top(String title, Map<String, Long> counts) {
    System.out.println("\n" + title);
    counts.entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
            .limit(25)
            .forEach(e -> System.out.printf("%12d  %s%n", e.getValue(), e.getKey()));
}
