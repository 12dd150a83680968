package io.llmproxy.adapter.memory;

import static io.llmproxy.testing.LeasedStores.LONG;
import static io.llmproxy.testing.LeasedStores.await;
import static io.llmproxy.testing.LeasedStores.charge;
import static io.llmproxy.testing.LeasedStores.limit;
import static io.llmproxy.testing.LeasedStores.take;
import static io.llmproxy.testing.LeasedStores.takes;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore.Asker;
import io.llmproxy.testing.LeasedStores;
import io.llmproxy.testing.Quickest;
import io.llmproxy.testing.TcpGate;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A request waits for the database once, however often it lacks something of a limit that processes share. */
class LeasedPatienceTest {
    private final LeasedStores processes = new LeasedStores();
    private TcpGate door;
    private LeasedCounterStore store;
    private int limits;

    /** A request, and how long it waited by the store's own measure. */
    private static final class Asking implements Asker {
        private long waited;

        @Override
        public long waited() {
            return waited;
        }

        @Override
        public void waited(long nanos) {
            waited += nanos;
        }
    }

    @BeforeEach
    void setUp() throws IOException {
        door = processes.door();
        store = processes.behind(door, LONG);
    }

    @AfterEach
    void tearDown() throws IOException {
        processes.close();
        door.close();
    }

    private Limit unmet() {
        return limit("limit " + ++limits, LimitMetric.TOKENS, 1000, LimitPeriod.MINUTE);
    }

    /** One of which this process holds much and not all. */
    private Limit met() {
        Limit limit = unmet();
        take(store, limit, 1);
        return limit;
    }

    private static List<Charge> nearlyAll(Limit limit) {
        return List.of(charge(limit, 990));
    }

    /** As the gateway asks: before the body, at its first target, and at the one that it moves to. */
    private void asks(List<Limit> lacked, Asker asker) {
        List<LimitDecision> decisions = List.of(
                store.admit(nearlyAll(lacked.get(0)), true, asker),
                store.reserve(nearlyAll(lacked.get(1)), Reservation.NONE, asker),
                store.reserve(nearlyAll(lacked.get(2)), Reservation.NONE, asker));
        assertThat(decisions).allMatch(Denied.class::isInstance);
    }

    /** How long it takes while the database says nothing. */
    private Duration inSilence(List<Limit> lacked) {
        Asking asking = new Asking();
        met(); // what was held back in the try before has been answered
        door.stall();
        try {
            long began = System.nanoTime();
            asks(lacked, asking);
            Duration all = Duration.ofNanos(System.nanoTime() - began);
            assertThat(Duration.ofNanos(asking.waited)).isPositive().isLessThanOrEqualTo(all);
            return all;
        } finally {
            door.flow();
        }
    }

    @Test
    void aRequestThatLacksThreeThingsOneAfterAnotherWaitsNoLongerThanOneThatLacksOne() throws Exception {
        Quickest.within(ShareRequests.PATIENCE.multipliedBy(2), () -> inSilence(List.of(met(), met(), met())));
    }

    @Test
    void ofWhatItsProcessNeverHeldToo() throws Exception {
        Quickest.within(
                ShareRequests.FIRST_PATIENCE.multipliedBy(2), () -> inSilence(List.of(unmet(), unmet(), unmet())));
    }

    /** It is spared the second wait of 50 ms, and not what is left of the 250. */
    @Test
    void whatItWaitedForOneThingIsTakenOffWhatItWaitsForAnother() throws Exception {
        Quickest.within(
                ShareRequests.FIRST_PATIENCE.plus(ShareRequests.PATIENCE),
                () -> inSilence(List.of(met(), unmet(), met())));
    }

    @Test
    void whoHasNoPatienceLeftIsAnsweredAtOnceAndWhatItLackedIsThereForTheNext() {
        Limit limit = met();
        Asking asking = new Asking();
        asking.waited(ShareRequests.PATIENCE.toNanos());
        door.stall();
        assertThat(store.reserve(nearlyAll(limit), Reservation.NONE, asking)).isInstanceOf(Denied.class);
        door.flow();
        await(() -> takes(store, limit, 990));
    }

    @Test
    void whatThisProcessHoldsIsTakenWithoutPatienceAndWithoutWaiting() {
        List<Limit> held = new ArrayList<>(List.of(met(), met(), met()));
        Asking asking = new Asking();
        asking.waited(ShareRequests.FIRST_PATIENCE.toNanos());
        door.stall();
        for (Limit limit : held) {
            assertThat(store.reserve(List.of(charge(limit, 1)), Reservation.NONE, asking))
                    .isInstanceOf(Granted.class);
        }
        door.flow();
        assertThat(Duration.ofNanos(asking.waited)).isEqualTo(ShareRequests.FIRST_PATIENCE);
    }
}
