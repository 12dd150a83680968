package io.llmproxy.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A collector of traces: takes OTLP over HTTP with protobuf, reads it by the published schema and keeps it. */
public final class FakeCollector implements AutoCloseable {
    private final HttpServer server;
    private final List<ExportTraceServiceRequest> batches = new CopyOnWriteArrayList<>();
    private final Map<String, List<String>> lastHeaders = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile int status = 200;
    private volatile boolean hangs;

    public FakeCollector() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/v1/traces", this::take);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces");
    }

    /** Answers with that status from now on; what it does not take with 200 it does not keep. */
    public void answer(int status) {
        this.status = status;
    }

    /** Reads and never answers, from now on. */
    public void hang() {
        hangs = true;
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            asked.incrementAndGet();
            if (hangs) {
                await(closing);
                return;
            }
            if (status == 200) {
                exchange.getRequestHeaders()
                        .forEach((name, values) -> lastHeaders.put(name.toLowerCase(java.util.Locale.ROOT), values));
                batches.add(ExportTraceServiceRequest.parseFrom(body));
            }
            exchange.sendResponseHeaders(status, -1);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How often spans were sent here, taken or not. */
    public int asked() {
        return asked.get();
    }

    /** The header fields of the last batch that was taken, their names in small letters. */
    public Map<String, List<String>> lastHeaders() {
        return lastHeaders;
    }

    /** Of the service that sent the last batch. */
    public Map<String, String> resource() {
        return attributes(batches.getLast().getResourceSpans(0).getResource().getAttributesList());
    }

    public List<Span> spans() {
        return batches.stream()
                .flatMap(b -> b.getResourceSpansList().stream())
                .flatMap(r -> r.getScopeSpansList().stream())
                .flatMap(s -> s.getSpansList().stream())
                .toList();
    }

    /** All that came, as text. */
    public String text() {
        return batches.toString();
    }

    /** The spans that are wanted as soon as that many came, the first to begin first; waits thirty seconds at most. */
    public List<Span> awaitSpans(Predicate<Span> wanted, int count) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            List<Span> found = spans().stream()
                    .filter(wanted)
                    .sorted(java.util.Comparator.comparingInt(Span::getKindValue)
                            .thenComparingLong(Span::getStartTimeUnixNano))
                    .toList();
            if (found.size() >= count) {
                return found;
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("waited thirty seconds for " + count + " spans; there are " + found);
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** The attributes of a span, lists as {@code [a, b]}. */
    public static Map<String, String> attributes(Span span) {
        return attributes(span.getAttributesList());
    }

    private static Map<String, String> attributes(List<KeyValue> all) {
        return all.stream().collect(Collectors.toMap(KeyValue::getKey, kv -> text(kv.getValue())));
    }

    private static String text(AnyValue value) {
        return switch (value.getValueCase()) {
            case STRING_VALUE -> value.getStringValue();
            case INT_VALUE -> Long.toString(value.getIntValue());
            case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
            case ARRAY_VALUE ->
                value.getArrayValue().getValuesList().stream()
                        .map(FakeCollector::text)
                        .toList()
                        .toString();
            default -> value.toString();
        };
    }

    /** In hexadecimal digits, as header fields have it. */
    public static String hex(com.google.protobuf.ByteString id) {
        return java.util.HexFormat.of().formatHex(id.toByteArray());
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
    }
}
