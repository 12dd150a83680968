package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that leaves, whose successor dies: whether anybody goes on. */
@Timeout(60)
class HeirWatchTest {
    private static final long DEAD = 11;
    private static final long HEIR = 12;
    private static final Duration LONG = Duration.ofMinutes(5);

    @TempDir
    Path directory;

    /** What the places of the data directory say. */
    private static final class Places implements Heirs {
        private volatile long heir = NOBODY;
        private volatile boolean present;
        private volatile boolean followed;
        private volatile boolean over;
        private final AtomicInteger seen = new AtomicInteger();
        private final AtomicInteger missed = new AtomicInteger();

        @Override
        public void followedBy(long process) {
            heir = process;
        }

        @Override
        public long heirOf(long process) {
            return process == DEAD ? heir : NOBODY;
        }

        @Override
        public boolean present(long process) {
            boolean there = process == HEIR && present;
            (there ? seen : missed).incrementAndGet();
            return there;
        }

        FutureTask<Boolean> left(Duration coming) {
            HeirWatch watch = new HeirWatch(this, () -> followed, () -> over, coming);
            FutureTask<Boolean> task = new FutureTask<>(() -> watch.left(DEAD));
            Thread.ofVirtual().start(task);
            return task;
        }
    }

    private static boolean result(FutureTask<Boolean> task) throws Exception {
        return task.get(30, TimeUnit.SECONDS);
    }

    @Test
    void nobodyIsLeftWhereTheDeadOneHadStartedNobody() throws Exception {
        assertThat(result(new Places().left(LONG))).isTrue();
    }

    @Test
    void somebodyIsWhereTheAdminSocketIsAnswered() throws Exception {
        Places places = new Places();
        places.followed = true;
        assertThat(result(places.left(LONG))).isFalse();
    }

    @Test
    void oneThatIsOnlyStartingIsWaitedForAndMayStillFail() throws Exception {
        Places places = new Places();
        places.followedBy(HEIR);
        FutureTask<Boolean> left = places.left(LONG);
        Eventually.holds("it was looked for twice", () -> places.missed.get() >= 2);
        assertThat(left.isDone()).as("it may come yet").isFalse();
        places.present = true;
        Eventually.holds("it was seen twice", () -> places.seen.get() >= 2);
        assertThat(left.isDone()).as("it lives").isFalse();
        places.present = false;
        assertThat(result(left)).as("it has died").isTrue();
    }

    @Test
    void oneThatWasFollowedInItsTurnMayEnd() throws Exception {
        Places places = new Places();
        places.followedBy(HEIR);
        places.present = true;
        FutureTask<Boolean> left = places.left(LONG);
        Eventually.holds("it was seen", () -> places.seen.get() >= 1);
        places.followed = true;
        places.present = false;
        assertThat(result(left)).isFalse();
    }

    @Test
    void oneThatNeverComesIsNotWaitedForForEver() throws Exception {
        Places places = new Places();
        places.followedBy(HEIR);
        assertThat(result(places.left(Duration.ofMillis(100)))).isTrue();
    }

    @Test
    void whoIsStoppedMeanwhileAsksNoMore() throws Exception {
        Places places = new Places();
        places.followedBy(HEIR);
        FutureTask<Boolean> left = places.left(LONG);
        places.over = true;
        assertThat(result(left)).isFalse();
    }

    @Test
    void thePlacesOfADataDirectorySayWhoFollowsWhom() throws Exception {
        long own = ProcessHandle.current().pid();
        try (DataDirectory first = DataDirectory.take(directory)) {
            try (DataDirectory second = DataDirectory.join(directory)) {
                assertThat(first.present(own)).as("at another place").isTrue();
                assertThat(first.present(own + 1)).isFalse();
                assertThat(first.heirOf(own)).isEqualTo(Heirs.NOBODY);
                second.followedBy(4711);
                assertThat(first.heirOf(own)).isEqualTo(4711);
                second.followedBy(Heirs.NOBODY);
                assertThat(first.heirOf(own)).isEqualTo(Heirs.NOBODY);
            }
            assertThat(first.present(own)).isFalse();
            // as one says that was killed
            Files.writeString(directory.resolve("place-2.lock"), "17 4711\n");
            assertThat(first.heirOf(17)).isEqualTo(4711);
            assertThat(first.present(17)).isFalse();
        }
        // what was said is forgotten with the last of them: process ids come again
        try (DataDirectory later = DataDirectory.take(directory)) {
            assertThat(later.heirOf(17)).isEqualTo(Heirs.NOBODY);
        }
    }
}
