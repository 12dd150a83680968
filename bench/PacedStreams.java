import module java.base;

/// Both ends of streamed conversations in OpenAI's or Anthropic's dialect:
/// `PacedStreams.java upstream` prints its port and streams to every request, in the dialect that its path tells;
/// `PacedStreams.java load URL MODEL STREAMS SECONDS` keeps that many OpenAI streams running, key in BENCH_KEY, and prints
/// `RESULT EVENTS FAILURES`.

static final int EVENTS = 100;
static final Duration INTERVAL = Duration.ofMillis(50);
static final String WORD = " consectetur";
static final String OPENAI = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1750000000,\"model\":\"bench\","
        + "\"choices\":[{\"index\":0,\"delta\":%s,\"logprobs\":null,\"finish_reason\":%s}]%s}";

void main(String[] args) throws Exception {
    switch (args.length == 0 ? "" : args[0]) {
        case "upstream" -> upstream();
        case "load" -> load(URI.create(args[1]), args[2], Integer.parseInt(args[3]), Long.parseLong(args[4]));
        default -> throw new IllegalArgumentException("upstream, or load URL MODEL STREAMS SECONDS");
    }
}

void upstream() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 4096, InetAddress.getLoopbackAddress())) {
        IO.println("ready " + server.getLocalPort());
        while (true) {
            Socket socket = server.accept();
            Thread.startVirtualThread(() -> serve(socket));
        }
    }
}

void serve(Socket socket) {
    try (socket) {
        socket.setTcpNoDelay(true);
        BufferedInputStream in = new BufferedInputStream(socket.getInputStream());
        OutputStream out = socket.getOutputStream();
        for (String head = head(in); !head.isEmpty(); head = head(in)) {
            String body = new String(in.readNBytes((int) length(head)), StandardCharsets.UTF_8);
            boolean messages = head.startsWith("POST /v1/messages");
            out.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes());
            stream(out, messages ? messages() : chunks(body.contains("\"include_usage\":true")));
        }
    } catch (IOException | InterruptedException e) {
        // the other side is gone
    }
}

/// The pieces of text, each with what comes before the first and after the last.
void stream(OutputStream out, List<String> events) throws IOException, InterruptedException {
    long first = System.nanoTime();
    for (int i = 0; i < events.size(); i++) {
        long due = first + i * INTERVAL.toNanos() - System.nanoTime();
        if (due > 0) {
            Thread.sleep(Duration.ofNanos(due));
        }
        byte[] event = events.get(i).getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream chunk = new ByteArrayOutputStream();
        chunk.writeBytes((Integer.toHexString(event.length) + "\r\n").getBytes());
        chunk.writeBytes(event);
        chunk.writeBytes((i == events.size() - 1 ? "\r\n0\r\n\r\n" : "\r\n").getBytes());
        out.write(chunk.toByteArray());
    }
}

static List<String> chunks(boolean usage) {
    String none = usage ? ",\"usage\":null" : "";
    List<String> out = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
        out.add("data: " + OPENAI.formatted("{\"content\":\"" + WORD + "\"}", "null", none) + "\n\n");
    }
    out.add("data: " + OPENAI.formatted("{}", "\"stop\"", none) + "\n\n");
    String told = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1750000000,\"model\":\"bench\","
            + "\"choices\":[],\"usage\":{\"prompt_tokens\":95,\"completion_tokens\":100,\"total_tokens\":195}}\n\n";
    out.add((usage ? told : "") + "data: [DONE]\n\n");
    return out;
}

static List<String> messages() {
    List<String> out = new ArrayList<>();
    String start = event("message_start", "\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\","
            + "\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":95,\"output_tokens\":1}}");
    String block = event("content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
    String delta = event("content_block_delta", "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + WORD + "\"}");
    for (int i = 0; i < EVENTS; i++) {
        out.add((i == 0 ? start + block : "") + delta);
    }
    out.add(event("content_block_stop", "\"index\":0")
            + event("message_delta", "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":100}"));
    out.add("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    return out;
}

static String event(String type, String members) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + members + "}\n\n";
}

void load(URI url, String model, int streams, long seconds) throws InterruptedException {
    String json = "{\"model\":\"" + model + "\",\"stream\":true,\"max_tokens\":256,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    byte[] request = ("POST /v1/chat/completions HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\nContent-Type: application/json\r\n"
                    + "Authorization: Bearer " + System.getenv("BENCH_KEY") + "\r\nContent-Length: " + json.length() + "\r\n\r\n" + json)
            .getBytes();
    LongAdder events = new LongAdder();
    LongAdder failures = new LongAdder();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < streams; i++) {
        all.add(Thread.startVirtualThread(() -> {
            try (Socket socket = new Socket(url.getHost(), url.getPort())) {
                socket.setTcpNoDelay(true);
                BufferedInputStream in = new BufferedInputStream(socket.getInputStream());
                while (System.nanoTime() < end) {
                    socket.getOutputStream().write(request);
                    read(in, events);
                }
            } catch (IOException e) {
                failures.increment();
            }
        }));
        Thread.sleep(1);
    }
    for (Thread thread : all) {
        thread.join();
    }
    IO.println("RESULT " + events.sum() + " " + failures.sum());
}

/// One answer; every piece of text is counted, and an answer that lacks one is a failure.
static void read(BufferedInputStream in, LongAdder events) throws IOException {
    String head = head(in);
    int pieces = 0;
    byte[] word = WORD.getBytes();
    for (int size = size(in); size > 0; size = size(in)) {
        byte[] chunk = in.readNBytes(size);
        for (int at = 0; at + word.length <= chunk.length; at++) {
            if (Arrays.equals(chunk, at, at + word.length, word, 0, word.length)) {
                pieces++;
            }
        }
        in.skipNBytes(2);
    }
    in.skipNBytes(2);
    if (!head.startsWith("HTTP/1.1 200") || pieces != EVENTS) {
        throw new IOException("not the whole stream: " + pieces + " pieces behind " + head);
    }
    events.add(pieces);

}

static int size(BufferedInputStream in) throws IOException {
    return Integer.parseInt(line(in), 16);
}

static long length(String head) {
    Matcher length = Pattern.compile("(?i)content-length: *(\\d+)").matcher(head);
    return length.find() ? Long.parseLong(length.group(1)) : 0;
}

/// Up to the empty line; empty: the connection ended.
static String head(BufferedInputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
        head.append(line).append('\n');
    }
    return head.toString();
}

static String line(BufferedInputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
        if (b != '\r') {
            line.append((char) b);
        }
    }
    return line.toString();
}
