package io.llmproxy.gateway.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.EndedRequest;
import io.llmproxy.testing.UsageRecords;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class LiveBoardTest {
    private static final byte[] ADDRESS = {127, 0, 0, 1};
    private final AtomicLong nanos = new AtomicLong(7_000_000_000L);
    private final LiveBoard board = new LiveBoard(nanos::get);

    private void later(long seconds) {
        nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }

    private static EndedRequest request(String tenant, String model) {
        Instant now = Instant.parse("2026-11-20T12:00:00Z");
        UsageRecord record = new UsageRecord(
                Ids.next(now),
                null,
                null,
                now,
                UsageRecords.caller(
                        UUID.nameUUIDFromBytes(tenant.getBytes(java.nio.charset.StandardCharsets.UTF_8)), tenant),
                UsageRecords.chat(model),
                UsageRecords.answered(TokenUsage.of(10, 5), Cost.UNKNOWN));
        return EndedRequest.of(record, ADDRESS, null);
    }

    @Test
    void sumsUpTheLastTenSecondsFromTheFirstLookOn() {
        assertThat(board.wanted()).isFalse();
        assertThat(board.look().seconds()).isZero();
        assertThat(board.wanted()).isTrue();
        board.add(List.of(request("acme", "m"), request("acme", "m"), request("globex", "n")));
        later(1);
        LiveBoard.Report report = board.look();
        assertThat(report.seconds()).isEqualTo(1);
        assertThat(report.all().requests()).isEqualTo(3);
        assertThat(report.all().inputTokens()).isEqualTo(30);
        assertThat(report.named().get(LiveBoard.Kind.TENANT)).containsOnlyKeys("acme", "globex");
        assertThat(report.named().get(LiveBoard.Kind.MODEL)).containsOnlyKeys("m", "n");
        later(20);
        assertThat(board.look().all().requests()).isZero();
        assertThat(board.look().seconds()).isEqualTo(LiveBoard.SECONDS);
        later(31);
        assertThat(board.wanted()).as("nobody looks any more").isFalse();
    }

    @Test
    void namesAreBounded() {
        board.look();
        List<EndedRequest> many = new ArrayList<>();
        for (int i = 0; i < 5 * LiveBoard.NAMES; i++) {
            many.add(request("acme", "model-" + i));
        }
        board.add(many);
        later(1);
        assertThat(board.look().named().get(LiveBoard.Kind.MODEL))
                .hasSize(LiveBoard.NAMES + 1)
                .containsKey(LiveBoard.OTHER);
    }

    @Test
    void quantilesAreRightToSomePercent() {
        Times times = new Times();
        assertThat(times.quantile(0.5)).isEqualTo(-1);
        for (int i = 1; i <= 10_000; i++) {
            times.add(i * 100L);
        }
        assertThat((double) times.quantile(0.5)).isBetween(460_000.0, 540_000.0);
        assertThat((double) times.quantile(0.99)).isBetween(910_000.0, 1_070_000.0);
        Times extremes = new Times();
        extremes.add(-5);
        extremes.add(Long.MAX_VALUE);
        assertThat(extremes.quantile(0.5)).isZero();
        assertThat(extremes.quantile(1)).isPositive();
    }

    @Test
    void aFullQueueDropsAndCountsAndNeverWaits() {
        AtomicInteger written = new AtomicInteger();
        RequestFeed feed = new RequestFeed(some -> written.addAndGet(some.size()), board);
        assertThat(feed.listening()).isTrue();
        EndedRequest one = request("acme", "m");
        for (int i = 0; i < RequestFeed.MOST + 100; i++) {
            feed.ended(one);
        }
        assertThat(feed.dropped()).isEqualTo(100);
        feed.start();
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (written.get() < RequestFeed.MOST || feed.fault() == null) {
            assertThat(System.nanoTime() - end).isNegative();
            LockSupport.parkNanos(5_000_000);
        }
        assertThat(feed.fault()).contains("100 since the start", "log.access");
        feed.ended(one);
        feed.close();
        assertThat(written.get()).isEqualTo(RequestFeed.MOST + 1);
    }

    @Test
    void nobodyIsToldWhereNobodyWantsToHear() {
        try (RequestFeed feed = new RequestFeed(null, board)) {
            assertThat(feed.listening()).isFalse();
            board.look();
            assertThat(feed.listening()).isTrue();
        }
    }
}
