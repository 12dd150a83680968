package io.llmproxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The rule, and a process of the launcher's kind in which much is kept for a while and then dropped. */
class OldGenerationTest {
    private static final long MIB = 1L << 20;

    private final AtomicLong used = new AtomicLong();
    private final AtomicLong lived = new AtomicLong();
    private final AtomicInteger collections = new AtomicInteger();
    private final OldGeneration generation = new OldGeneration(used::get, lived::get, collections::incrementAndGet);

    private int collectionsAt(long usedBytes, long livedBytes) {
        used.set(usedBytes);
        lived.set(livedBytes);
        int before = collections.get();
        generation.look();
        return collections.get() - before;
    }

    @Test
    void nothingIsCollectedBelowTheFloor() {
        assertEquals(0, collectionsAt(0, 0));
        assertEquals(0, collectionsAt(OldGeneration.FLOOR, 1));
        assertEquals(1, collectionsAt(OldGeneration.FLOOR + 1, 1));
        assertEquals(1, collectionsAt(OldGeneration.FLOOR + 1, 0)); // before the first collection
    }

    @Test
    void halfAsMuchAsLivesMustHaveCome() {
        assertEquals(0, collectionsAt(220 * MIB, 200 * MIB));
        assertEquals(0, collectionsAt(300 * MIB, 200 * MIB));
        assertEquals(1, collectionsAt(300 * MIB + 1, 200 * MIB));
    }

    @Test
    void theHeapOfAProcessThatDropsWhatItKeptStaysSmall() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xms128m",
                        "-Xmx4g",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Keeping.class.getName())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        long most = Long.parseLong(said.strip());
        // 500 MiB pass through it in four seconds at least, 125 MiB between two looks; twice that, where a look comes
        // late
        assertTrue(most < OldGeneration.FLOOR + 250 * MIB, () -> "widest old generation: " + most / MIB + " MiB");
    }

    /** Keeps 20 MiB for some young collections each, so that they die old, 500 MiB in all; prints the most that lay there. */
    static final class Keeping {
        private Keeping() {}

        public static void main(String[] arguments) throws InterruptedException {
            MemoryPoolMXBean old = ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(pool -> pool.getName().equals("Tenured Gen"))
                    .findAny()
                    .orElseThrow();
            byte[][] kept = new byte[20][];
            try (OldGeneration watched = OldGeneration.ofThisProcess()) {
                assert watched != null;
                for (int i = 0; i < 500; i++) {
                    // larger than what is left of the young generation: allocated in the old one, or moved there soon
                    kept[i % kept.length] = new byte[(int) MIB];
                    for (int garbage = 0; garbage < 8; garbage++) {
                        kept[i % kept.length] = kept[i % kept.length].clone();
                    }
                    Thread.sleep(8);
                }
            }
            System.out.println(old.getPeakUsage().getUsed());
        }
    }
}
