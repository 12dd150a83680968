package io.llmproxy.gateway.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.port.StoreException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LedgerIndexerTest {
    private final AtomicInteger steps = new AtomicInteger();
    private final CountDownLatch waits = new CountDownLatch(1);

    /** A ledger of so many segments. */
    private RequestSearch ledger(int segments, RuntimeException end) {
        return new RequestSearch() {
            @Override
            public Page<UsageRecord> search(RequestQuery query, Page.Request page) {
                return new Page<>(List.of(), null);
            }

            @Override
            public boolean index() {
                if (steps.incrementAndGet() <= segments) {
                    return true;
                }
                waits.countDown();
                throw end;
            }
        };
    }

    @Test
    void addsOnePartAfterTheOtherAndOutlivesADatabaseThatIsAway() throws InterruptedException {
        StoreException away = new StoreException.Away("indexing the ledger", new IOException("away"));
        try (LedgerIndexer indexer = new LedgerIndexer(ledger(30, away))) {
            indexer.start();
            assertThat(waits.await(60, TimeUnit.SECONDS)).isTrue();
        }
        // none after it was closed, which ends the wait for the next attempt
        assertThat(steps).hasValue(31);
    }
}
