package io.llmproxy;

import static io.llmproxy.testing.SharedLimits.await;
import static io.llmproxy.testing.SharedLimits.knows;
import static io.llmproxy.testing.SharedLimits.set;
import static io.llmproxy.testing.SharedLimits.sharedBy;
import static io.llmproxy.testing.SharedLimits.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Http;
import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.SharedLimits;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes on one PostgreSQL spend budgets to within one reservation in each process, and never over them. */
class SharedBudgetsTest {
    private static final int CLIENTS = 4;
    /** What each answer costs; reserved is the same. */
    private static final BigDecimal PRICE = new BigDecimal("0.003");

    @TempDir
    private Path directory;

    private SharedLimits shared;

    @BeforeEach
    void setUp() {
        shared = new SharedLimits(directory);
    }

    @AfterEach
    void tearDown() {
        shared.close();
    }

    /** A tenant's budget that is hammered, and raised whenever it is spent as long as the test goes on. */
    private final class Budget {
        private final String metric;
        private final TestAppliance admin;
        private final String tenant;
        private final String secret;
        private final BigDecimal step;
        /** The most that one request reserves. */
        private final BigDecimal reservation;

        private final AtomicInteger answered = new AtomicInteger();
        private final AtomicLong tokens = new AtomicLong();
        private final AtomicInteger refused = new AtomicInteger();
        /** The clients whose last answer was a refusal. */
        private final Set<Http> out = ConcurrentHashMap.newKeySet();

        private final String limit;
        private int raises;
        private BigDecimal amount;

        Budget(TestAppliance admin, String metric, String step, String reservation) {
            this.metric = metric;
            this.admin = admin;
            this.tenant = "spends-" + metric;
            this.secret = admin.tenantWithKey(tenant, shared.upstream().baseUrl());
            this.step = new BigDecimal(step);
            this.reservation = new BigDecimal(reservation);
            this.amount = this.step;
            admin.ctl("tenant", "update", tenant, "--max-output-tokens", "50").value();
            admin.ctl("-t", tenant, "price", "set", "gpt-4o", "--per-request", PRICE.toString())
                    .value();
            this.limit = set(admin, tenant, metric, amount.toString(), "total");
        }

        BigDecimal granted() {
            return switch (metric) {
                case "requests" -> BigDecimal.valueOf(answered.get());
                case "tokens" -> BigDecimal.valueOf(tokens.get());
                default -> PRICE.multiply(BigDecimal.valueOf(answered.get()));
            };
        }

        BigDecimal rest() {
            return amount.subtract(granted());
        }

        /** Less is left than one request in each process needs. */
        boolean spent() {
            return rest().compareTo(reservation.multiply(BigDecimal.TWO)) < 0;
        }

        /** Of what was answered so far, which a limit that is raised later would hide. */
        void assertNotPassed() {
            BigDecimal rest = rest();
            assertThat(rest).as("what is left, " + say()).isNotNegative();
        }

        /** Spent, and nothing is under way that was granted before: each client has been refused since. */
        boolean spentByAll() {
            return spent() && out.size() == CLIENTS;
        }

        void raise() {
            raises++;
            amount = amount.add(step);
            set(admin, tenant, metric, amount.toString(), "total");
        }

        boolean knownBy(Function<String[], TestAppliance.Ctl> process) {
            return knows(process, tenant, limit, amount.stripTrailingZeros().toPlainString());
        }

        boolean send(Http http) {
            HttpResponse<String> answer = http.chat();
            if (answer.statusCode() != 200) {
                assertThat(answer.statusCode()).isIn(402, 429);
                refused.incrementAndGet();
                out.add(http);
                return false;
            }
            out.remove(http);
            tokens.addAndGet(Http.json(answer).at("/usage/total_tokens").asLong());
            answered.incrementAndGet();
            return true;
        }

        String say() {
            return metric + ": granted " + granted() + " of " + amount + " after " + raises + " raises, " + answered
                    + " requests answered and " + refused + " refused";
        }
    }

    /** @param others the command lines of the other processes */
    private void hammer(
            Duration time, TestAppliance one, List<URI> gateways, List<Function<String[], TestAppliance.Ctl>> others) {
        List<Budget> budgets = List.of(
                new Budget(one, "requests", "150", "1"),
                new Budget(one, "tokens", "4000", "100"),
                new Budget(one, "cost", "0.45", PRICE.toString()));
        // a limit holds in another process when that has heard of it, which may be later than of the key
        for (Budget budget : budgets) {
            await(() -> others.stream().allMatch(budget::knownBy));
        }
        long end = System.nanoTime() + time.toNanos();
        List<Http> open = new ArrayList<>();
        List<Thread> clients = new ArrayList<>();
        for (Budget budget : budgets) {
            for (int i = 0; i < CLIENTS; i++) {
                Http http = new Http(gateways.get(i % gateways.size()), budget.secret);
                open.add(http);
                clients.add(Thread.ofVirtual().start(() -> {
                    while (System.nanoTime() - end < 0) {
                        if (!budget.send(http)) {
                            LockSupport.parkNanos(20_000_000);
                        }
                    }
                }));
            }
        }
        // where it has not come to be spent by now, that is waited for below
        while (System.nanoTime() - end < 0) {
            budgets.forEach(Budget::assertNotPassed);
            budgets.stream().filter(Budget::spentByAll).forEach(Budget::raise);
            LockSupport.parkNanos(100_000_000);
        }
        clients.forEach(SharedLimits::join);
        for (Budget budget : budgets) {
            List<Http> own = open.subList(budgets.indexOf(budget) * CLIENTS, budgets.indexOf(budget) * CLIENTS + 2);
            // more than once: what two processes have too little of each may still come to one of them
            await(() -> budget.knownBy(one::ctl) && refuses(budget, own) && budget.spent() && refuses(budget, own));
            System.out.println(budget.say());
            budget.assertNotPassed();
            await(() -> used(one, budget.tenant, budget.limit).compareTo(budget.granted()) == 0);
        }
        open.forEach(Http::close);
    }

    private static boolean refuses(Budget budget, List<Http> clients) {
        return clients.stream().filter(budget::send).count() == 0;
    }

    @Test
    void budgetsAreSpentAndNotPassed() {
        try (TestAppliance one = shared.start("one");
                TestAppliance two = shared.start("two")) {
            await(() -> sharedBy(one, 2));
            hammer(Duration.ofSeconds(5), one, List.of(one.gateway(), two.gateway()), List.of(two::ctl));
        }
    }

    @Test
    @Tag("proof")
    void budgetsAreSpentAndNotPassedInAMinute() throws IOException {
        try (TestAppliance one = shared.start("one");
                ServerJvm two = shared.process()) {
            await(() -> sharedBy(one, 2));
            hammer(Duration.ofMinutes(1), one, List.of(one.gateway(), two.gateway()), List.of(two::ctl));
        }
    }
}
