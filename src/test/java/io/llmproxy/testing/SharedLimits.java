package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Appliances on one PostgreSQL, whose limits they share, and what is done with them. */
public final class SharedLimits implements AutoCloseable {
    private static final String MASTER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    private final FakeProvider upstream = FakeProvider.start();
    private final String url = PostgresServer.freshDatabase();
    private final Path directory;

    /** @param directory of the appliances' data directories */
    public SharedLimits(Path directory) {
        this.directory = directory;
    }

    public FakeProvider upstream() {
        return upstream;
    }

    public TestAppliance start(String name) {
        return start(name, url);
    }

    /** One whose way to the database is that door. */
    public TestAppliance behind(TcpGate door, String name) {
        return start(
                name, "jdbc:postgresql://127.0.0.1:" + door.port() + address().getPath());
    }

    public TcpGate door() throws IOException {
        return new TcpGate(address().getPort());
    }

    private URI address() {
        return URI.create(url.substring("jdbc:".length()));
    }

    private TestAppliance start(String name, String database) {
        return builder(name, database).start();
    }

    /** One that is to be set in another way. */
    public TestAppliance.Builder builder(String name) {
        return builder(name, url);
    }

    private TestAppliance.Builder builder(String name, String database) {
        return TestAppliance.builder()
                .directory(directory.resolve(name))
                .environment("LLMPROXY_MASTER_KEY", MASTER_KEY)
                .set("database.url", database)
                .set("database.user", PostgresServer.USER);
    }

    /** One in a process of its own, which can be killed. */
    public ServerJvm process() throws IOException {
        return ServerJvm.start(
                ServerJvm.newDirectory(),
                "export LLMPROXY_MASTER_KEY=" + MASTER_KEY,
                "-Xmx128m",
                "database.url=" + url,
                "database.user=" + PostgresServer.USER);
    }

    @Override
    public void close() {
        upstream.close();
    }

    /** Sets a limit of the whole tenant. @return its id */
    public static String set(TestAppliance on, String tenant, String metric, String amount, String per) {
        String line = "-t " + tenant + " limit set --scope tenant --metric " + metric + " --amount " + amount
                + " --per " + per + " -q";
        return on.ctl(line.split(" ")).value();
    }

    /** Whether the process has heard of the limit and its amount. */
    public static boolean knows(TestAppliance on, String tenant, String limit, String amount) {
        return knows(on::ctl, tenant, limit, amount);
    }

    /** The same of a process by its command line. */
    public static boolean knows(
            Function<String[], TestAppliance.Ctl> process, String tenant, String limit, String amount) {
        TestAppliance.Ctl shown = process.apply(new String[] {"-t", tenant, "limit", "show", limit, "-o", "json"});
        return shown.code() == 0 && shown.out().contains("\"amount\": \"" + amount + "\"");
    }

    /** What all processes have used of a limit with one counter; -1: it is not there. */
    public static BigDecimal used(TestAppliance on, String tenant, String limit) {
        String json = on.ctl("-t", tenant, "limit", "usage", "-o", "json").value();
        for (String row : json.split("\\}")) {
            if (row.contains(limit)) {
                return new BigDecimal(row.replaceAll("(?s).*\"used\": \"?([\\d.]+).*", "$1"));
            }
        }
        return BigDecimal.ONE.negate();
    }

    public static boolean sharedBy(TestAppliance on, int processes) {
        return on.ctl("status", "-o", "json").value().contains("\"countersProcesses\": " + processes);
    }

    /** Sends from several clients to each until all refuse for a while; how many were answered. */
    public static int hammered(int clients, Http... processes) {
        AtomicInteger answered = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Http http = processes[i % processes.length];
            threads.add(Thread.ofVirtual().start(() -> {
                for (int refusals = 0; refusals < 5; ) {
                    if (http.chat().statusCode() == 200) {
                        answered.incrementAndGet();
                    } else {
                        refusals++;
                        LockSupport.parkNanos(150_000_000);
                    }
                }
            }));
        }
        threads.forEach(SharedLimits::join);
        return answered.get();
    }

    public static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the condition, two minutes at most. */
    public static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("waited for two minutes").isNegative();
            LockSupport.parkNanos(20_000_000);
        }
    }
}
